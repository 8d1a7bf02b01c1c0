import ArgumentParser
import Foundation
import Transports

struct WebhooksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhooks", abstract: "The keys that webhooks are signed with.", subcommands: [Keys.self, Rotate.self])

  struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the public keys, the newest first.",
      discussion: "The gateway gives the same at /.well-known/webhook-keys.")
    @OptionGroup var data: DataOption

    func run() throws { try WebhooksCommand.printing { try WebhookKeyFile.read(DataFolder(data.data)) } }
  }

  struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a new key; the one before it goes on signing beside it.",
      discussion: """
        A running gateway takes it within a minute. Rotate again, once every receiver has the new key, to be rid of the
        old one: a key goes with the second rotation after it.
        """)
    @OptionGroup var data: DataOption

    func run() throws {
      guard ProcessInfo.processInfo.environment[WebhookKeyFile.variable] == nil else {
        throw Ending.because(
          Complaint("\(WebhookKeyFile.variable) is set and wins over the file: change it where it is set."),
          Ending.failed)
      }
      try WebhooksCommand.printing { try WebhookKeyFile.rotate(DataFolder(data.data)) }
    }
  }

  private static func printing(_ read: () throws -> WebhookKeys) throws {
    let keys: WebhookKeys
    do { keys = try read() } catch { throw Ending.because(error, Ending.unavailable) }
    for key in keys.keys { Output.line(key.publicText) }
  }
}
