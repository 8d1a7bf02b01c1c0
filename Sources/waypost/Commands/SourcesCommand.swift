import ArgumentParser
import Console
import Delivery
import Foundation
import Ledger
import NIOSSL
import Routing

struct SourcesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources", abstract: "Systems that may send events.",
    subcommands: [Add.self, List.self, Rotate.self, Trust.self, End.self, Revoke.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a key for a sender and prints it once, alone on the last line.",
      discussion: """
          waypost sources add derby-social-care --authority derby --type 'placement.*' --type 'missing.*'

        Without --authority or --type the key is not limited. With --agency it answers for those agencies and no others;
        without, an unlimited key answers for everybody whom its own events reach. Only a hash of the key is kept.
        """)

    @Argument(help: "The sender's name, for people and the audit.") var name: String
    @Option(help: "Authority whose children the sender may send about (repeatable).") var authority: [String] = []
    @Option(help: "Event types it may send, with * (repeatable).") var type: [String] = []
    @Option(
      help: "Agency it answers for: it may read and acknowledge its messages and complete its duties (repeatable).")
    var agency: [String] = []
    @OptionGroup var data: DataOption

    func run() async throws {
      let ledger = try openLedger(data)
      for slug in authority where !Authority.isSlug(slug) {
        throw Ending.because(Complaint("`\(slug)` is no authority. Write a slug such as derby."), Ending.badInput)
      }
      guard name != Event.timeSource, !name.hasPrefix("pe-") else {
        throw Ending.because(
          Complaint("`\(name)` is the gateway itself, or a person who reports. Choose another name."), Ending.badInput)
      }
      guard try await !ledger.senders().contains(where: { $0.name == name }) else {
        throw Ending.because(
          Complaint("A sender called \(name) is there already. Rotate its key, or revoke it first."), Ending.failed)
      }
      let key = SenderKey.generate()
      try await ledger.addSender(
        Sender(name: name, authorities: authority, types: type, agencies: agency), keyHash: SenderKey.hash(key),
        at: SystemClock().now())
      Output.line("Key of \(name), shown this once. Send it as: Authorization: Bearer KEY")
      Output.line(key)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists senders, what they are limited to, and their credentials.")
    @OptionGroup var data: DataOption

    func run() async throws {
      let ledger = try openLedger(data)
      let credentials = Dictionary(grouping: try await ledger.credentials(), by: \.sender)
      Output.table(
        [["sender", "authorities", "types", "answers for", "credentials"]]
          + (try await ledger.senders()).map { sender in
            [
              sender.name, sender.authorities.joined(separator: ",").orAny, sender.types.joined(separator: ",").orAny,
              sender.agencies.joined(separator: ","),
              (credentials[sender.name] ?? []).map(\.words).joined(separator: "; "),
            ]
          })
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a new key for a sender and prints it once, alone on the last line.",
      discussion:
        "The keys it has go on for the overlap, so that its system can be changed over without losing an event.")

    @Argument(help: "The sender's name.") var name: String
    @Option(help: "How long the old keys go on, for example PT24H; PT0H ends them at once.") var overlap = "PT24H"
    @OptionGroup var data: DataOption

    func run() async throws {
      guard case .elapsed(let seconds)? = Span(overlap) else {
        throw Ending.because(Complaint("`\(overlap)` is no span of hours. Write it as PT24H."), Ending.badInput)
      }
      let key = SenderKey.generate()
      let now = SystemClock().now()
      try await Ending.changingAccess {
        try await openLedger(data).rotateKey(
          of: name, to: SenderKey.hash(key), others: now.advanced(bySeconds: seconds), at: now)
      }
      Output.line("New key of \(name), shown this once. Older keys end in \(overlap).")
      Output.line(key)
    }
  }

  struct Trust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes a sender's client certificate, or tokens that an issuer gives it, beside its keys.",
      discussion: """
          waypost sources trust derby-social-care --certificate client.pem
          waypost sources trust police-records --issuer https://login.police.example --subject records-system

        The certificate's public key is what counts, so that it may be renewed. Client certificates need `clients` in the
        settings, tokens an issuer under `tokens`.
        """)

    @Argument(help: "The sender's name.") var name: String
    @Option(help: "PEM file with the client certificate.") var certificate: String?
    @Option(help: "The issuer, as tokens name it (iss).") var issuer: String?
    @Option(help: "The subject, as tokens name it (sub).") var subject: String?
    @OptionGroup var data: DataOption

    func run() async throws {
      let credential = try credential()
      try await Ending.changingAccess {
        try await openLedger(data).addCredential(credential, of: name, at: SystemClock().now())
      }
      Output.line("\(name) is known by \(credential.label)")
    }

    private func credential() throws -> Credential {
      switch (certificate, issuer, subject) {
      case (let file?, nil, nil):
        do {
          guard let leaf = try NIOSSLCertificate.fromPEMFile(file).first else { throw UnreadableFile(path: file) }
          return try ClientCertificate.credential(leaf)
        } catch { throw Ending.because(Complaint("\(file) holds no certificate (PEM): \(error)"), Ending.badInput) }
      case (nil, let issuer?, let subject?): return .token(issuer: issuer, subject: subject)
      default: throw ValidationError("give --certificate, or --issuer and --subject")
      }
    }
  }

  struct End: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends one credential of a sender at once, by the label that `sources list` shows.")
    @Argument(help: "The sender's name.") var name: String
    @Argument(help: "The credential, for example key-1a2b3c4d.") var credential: String
    @OptionGroup var data: DataOption

    func run() async throws {
      guard try await openLedger(data).endCredential(credential, of: name, at: SystemClock().now()) else {
        throw Ending.because(Complaint("\(name) has no credential called \(credential)."), Ending.failed)
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a sender and every credential it has, at once.")
    @Argument(help: "The sender's name.") var name: String
    @OptionGroup var data: DataOption

    func run() async throws {
      guard try await openLedger(data).revokeSender(name, at: SystemClock().now()) else {
        throw Ending.because(Complaint("No sender is called \(name)."), Ending.failed)
      }
    }
  }
}

extension Ending {
  fileprivate static func changingAccess(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let problem as AccessProblem { throw because(problem, failed) }
  }
}

extension CredentialRecord {
  fileprivate var words: String { endsAt.map { "\(label) until \($0.rfc3339)" } ?? label }
}

/// The ledger of a data folder, for commands that work beside a running gateway.
func openLedger(_ data: DataOption) throws -> SQLiteLedger {
  do { return try SQLiteLedger(path: DataFolder(data.data).ledger) } catch {
    throw Ending.because(error, Ending.unavailable)
  }
}

extension String {
  fileprivate var orAny: String { isEmpty ? "any" : self }
}
