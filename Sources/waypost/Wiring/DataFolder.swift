import Crypto
import Delivery
import Foundation
import Routing
import Transports

/// The folder that holds a gateway's state; made when absent, readable by its owner alone.
struct DataFolder {
  let path: String

  init(_ path: String) throws {
    self.path = path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    // A folder that was there before may have been open to others.
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
  }

  var ledger: String { "\(path)/ledger.sqlite" }
  var certificates: String { "\(path)/certificates" }
  var webhookKeys: String { "\(path)/secrets/webhook-signing.key" }
  /// MTA-STS policies that have to outlast a restart.
  var policies: String { "\(path)/mta-sts" }

  /// Makes this process the only gateway on the folder for as long as it lives. Throws `Complaint` if there is another.
  func lock() throws {
    let descriptor = open("\(path)/gateway.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw Complaint("Another gateway is running on \(path). End it first, or use another --data folder.")
    }
  }

  /// A webhook secret: `WAYPOST_SECRET_NAME` in the environment, or `secrets/NAME`. Names are letters, digits and dashes.
  func secret(_ name: String) -> String? {
    guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }) else { return nil }
    let variable = "WAYPOST_SECRET_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
    if let value = ProcessInfo.processInfo.environment[variable] { return value }
    return FileManager.default.contents(atPath: "\(path)/secrets/\(name)").flatMap { String(data: $0, encoding: .utf8) }
  }

  /// The key that marks what leaves, so that answers can be believed: WAYPOST_ANSWER_KEY (base64 of 32 bytes or more) or
  /// `secrets/answers.key`, which is made at the first start. Whoever has it can acknowledge for anybody.
  func answerKey() throws -> AnswerKey {
    let path = "\(path)/secrets/answers.key"
    if ProcessInfo.processInfo.environment["WAYPOST_ANSWER_KEY"] == nil, !FileManager.default.fileExists(atPath: path) {
      try FileManager.default.createDirectory(
        atPath: "\(self.path)/secrets", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let fresh = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
      try DataFolder.writePrivate(fresh + "\n", to: path)
    }
    let text = try ProcessInfo.processInfo.environment["WAYPOST_ANSWER_KEY"] ?? DataFolder.text(path)
    guard let data = Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)),
      let key = AnswerKey(secret: Array(data))
    else {
      throw Complaint("The key for answers is not base64 of 32 bytes or more. Restore \(path), or links stop working.")
    }
    return key
  }

  /// What the gateway shows as a client of this name: `secrets/client-NAME.pem` and its key `secrets/client-NAME.key`.
  func client(_ name: String) -> ClientCertificate? {
    guard WebhookChannel.isClientName(name) else { return nil }
    let stem = "\(path)/secrets/client-\(name)"
    let client = ClientCertificate(certificate: "\(stem).pem", key: "\(stem).key")
    return [client.certificate, client.key].allSatisfy(FileManager.default.isReadableFile) ? client : nil
  }

  /// The folder whose folders closed networks collect from, where the settings name no other.
  func makeDrops() throws -> String {
    let drops = "\(path)/drops"
    try FileManager.default.createDirectory(
      atPath: drops, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return drops
  }

  /// What a small file says, without white space around it.
  static func text(_ path: String) throws -> String {
    guard let text = FileManager.default.contents(atPath: path).flatMap({ String(data: $0, encoding: .utf8) }) else {
      throw UnreadableFile(path: path)
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// One PEM file with the system's authorities and the given ones; nil when there is nothing to add. A command beside a
  /// gateway gives another `name`, as the gateway goes on reading its own.
  func trust(adding extra: [String], as name: String = "trust.pem") throws -> String? {
    guard !extra.isEmpty else { return nil }
    let system = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
      .first { FileManager.default.fileExists(atPath: $0) }
    var bundle = Data()
    for file in [system].compactMap(\.self) + extra {
      guard let pem = FileManager.default.contents(atPath: file) else { throw UnreadableFile(path: file) }
      bundle.append(pem)
      bundle.append(Data("\n".utf8))
    }
    let target = "\(path)/\(name)"
    try bundle.write(to: URL(fileURLWithPath: target), options: .atomic)
    return target
  }

  /// Writes a file that only its owner may read.
  static func writePrivate(_ text: String, to path: String) throws {
    guard
      FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw UnreadableFile(path: path) }
  }
}

struct UnreadableFile: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path) cannot be read or written. Check that it exists and who may use it." }
}
