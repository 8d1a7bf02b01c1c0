import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct SourcesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources", abstract: "Systems that may send events.", subcommands: [Add.self, List.self, Revoke.self])

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
      guard name != Event.timeSource else {
        throw Ending.because(Complaint("`\(name)` is the gateway itself. Choose another name."), Ending.badInput)
      }
      guard try await !ledger.senders().contains(where: { $0.name == name }) else {
        throw Ending.because(Complaint("A sender called \(name) is there already. Revoke it first."), Ending.failed)
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
    static let configuration = CommandConfiguration(abstract: "Lists senders and what they are limited to.")
    @OptionGroup var data: DataOption

    func run() async throws {
      let senders = try await openLedger(data).senders()
      Output.table(
        [["sender", "authorities", "types", "answers for"]]
          + senders.map {
            [
              $0.name, $0.authorities.joined(separator: ",").orAny, $0.types.joined(separator: ",").orAny,
              $0.agencies.joined(separator: ","),
            ]
          })
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends a sender's key at once.")
    @Argument(help: "The sender's name.") var name: String
    @OptionGroup var data: DataOption

    func run() async throws {
      guard try await openLedger(data).revokeSender(name, at: SystemClock().now()) else {
        throw Ending.because(Complaint("No sender is called \(name)."), Ending.failed)
      }
    }
  }
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
