import Crypto
import CryptoExtras
import Foundation

/// What is kept of a passphrase: scrypt (RFC 7914), which needs much memory for every guess, with its salt and its cost in
/// the string, so that the cost can be raised later and old hashes still count.
///
/// `$scrypt$ln=17,r=8,p=1$SALT$KEY`, both in base64 without padding.
package struct PassphraseHash: Sendable {
  /// Memory is 128 bytes times 2^`logRounds` times `blockSize`.
  package struct Cost: Sendable, Equatable {
    package let logRounds: Int
    package let blockSize: Int
    package let parallelism: Int

    /// Nil outside of what this gateway would ever have written: 2 KiB to 1 GiB.
    package init?(logRounds: Int, blockSize: Int, parallelism: Int) {
      guard (1...20).contains(logRounds), (1...8).contains(blockSize), (1...4).contains(parallelism) else { return nil }
      self.init(logRounds, blockSize, parallelism)
    }

    private init(_ logRounds: Int, _ blockSize: Int, _ parallelism: Int) {
      self.logRounds = logRounds
      self.blockSize = blockSize
      self.parallelism = parallelism
    }

    /// 128 MiB and about half a second a guess: what OWASP's password storage cheat sheet asks of scrypt.
    package static let standard = Cost(17, 8, 1)
  }

  /// Shortest passphrase, in characters; longest, in bytes.
  package static let shortest = 12
  private static let longest = 1024
  private static let keyLength = 32

  private let cost: Cost
  private let salt: [UInt8]
  private let key: [UInt8]

  /// `salt`: 16 random bytes. Takes its time. Throws `PassphraseProblem`, or what the library threw.
  package init(_ passphrase: String, salt: [UInt8], cost: Cost = .standard) throws {
    let prepared = PassphraseHash.prepared(passphrase)
    guard prepared.count >= PassphraseHash.shortest else { throw PassphraseProblem.short }
    guard prepared.utf8.count <= PassphraseHash.longest else { throw PassphraseProblem.long }
    self.cost = cost
    self.salt = salt
    key = try PassphraseHash.derive(prepared, salt, cost)
  }

  /// Nil for anything that was not written by `text`.
  package init?(text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
    let numbers = parts[2].split(separator: ",").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    guard numbers.map(\.first) == ["ln", "r", "p"] else { return nil }
    let values = numbers.compactMap { $0.count == 2 ? Int($0[1]) : nil }
    guard values.count == 3,
      let cost = Cost(logRounds: values[0], blockSize: values[1], parallelism: values[2]),
      let salt = PassphraseHash.bytes(parts[3]), let key = PassphraseHash.bytes(parts[4]),
      !salt.isEmpty, key.count == PassphraseHash.keyLength
    else { return nil }
    self.cost = cost
    self.salt = salt
    self.key = key
  }

  package var text: String {
    let numbers = "ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
    return "$scrypt$\(numbers)$\(PassphraseHash.base64(salt))$\(PassphraseHash.base64(key))"
  }

  /// Takes its time, whatever was typed, and as much time wherever the keys differ.
  package func matches(_ passphrase: String) throws -> Bool {
    let typed = PassphraseHash.prepared(passphrase)
    guard typed.utf8.count <= PassphraseHash.longest else { return false }
    return SameTime.equal(try PassphraseHash.derive(typed, salt, cost), key)
  }

  /// A hash that nothing matches, to be checked where nobody has that name: a wrong name takes as long as a wrong passphrase.
  package static func decoy(_ cost: Cost) -> PassphraseHash { PassphraseHash(decoy: cost) }

  private init(decoy cost: Cost) {
    self.cost = cost
    salt = Array("nobody".utf8)
    key = []
  }

  /// One spelling for what looks the same, and one space for any run of them, as a browser's form sends it.
  private static func prepared(_ passphrase: String) -> String {
    let isGap = { (scalar: Unicode.Scalar) in
      scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }
    let scalars = passphrase.precomposedStringWithCompatibilityMapping.unicodeScalars
    return scalars.split(whereSeparator: isGap).map { String($0) }.joined(separator: " ")
  }

  private static func derive(_ prepared: String, _ salt: [UInt8], _ cost: Cost) throws -> [UInt8] {
    // The library takes no pointer to nothing.
    let bytes = prepared.isEmpty ? [0] : Array(prepared.utf8)
    return try KDF.Scrypt.deriveKey(
      from: bytes, salt: salt, outputByteCount: keyLength, rounds: 1 << cost.logRounds, blockSize: cost.blockSize,
      parallelism: cost.parallelism
    ).withUnsafeBytes(Array.init)
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("=", with: "")
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Data(base64Encoded: text + padding).map(Array.init)
  }
}

package enum PassphraseProblem: Error, Sendable, CustomStringConvertible {
  case short, long

  package var description: String {
    switch self {
    case .short:
      "A passphrase has at least \(PassphraseHash.shortest) characters. Four words that do not go together do."
    case .long: "A passphrase has at most 1,024 bytes."
    }
  }
}

/// Comparing secrets.
package enum SameTime {
  /// In the same time wherever two values of one length differ.
  package static func equal(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
    a.count == b.count && zip(a, b).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
  }
}
