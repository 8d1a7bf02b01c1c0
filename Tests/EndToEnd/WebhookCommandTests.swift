import Foundation
import Routing
import TestKit
import Testing

/// The keys of webhooks, as their operator changes them.
@Suite struct WebhookCommandTests {
  private func keys(_ arguments: [String], _ data: String, environment: [String: String] = [:]) throws -> [String] {
    let result = try Program.run(["webhooks"] + arguments + ["--data", data], environment: environment)
    #expect(result.status == 0)
    return result.output.split(separator: "\n").map(String.init)
  }

  @Test func aNewKeyStandsBesideTheOneBefore() throws {
    let scratch = try Scratch("webhook-keys")
    defer { scratch.remove() }
    let data = "\(scratch.path)/data"
    // Without a key there is nothing to show.
    #expect(try Program.run(["webhooks", "keys", "--data", data]).status == 69)
    let first = try keys(["rotate"], data)
    let second = try keys(["rotate"], data)
    let third = try keys(["rotate"], data)
    #expect(first.count == 1 && second.count == 2 && third.count == 2)
    #expect(second.last == first.first && third.last == second.first)
    #expect(try keys(["keys"], data) == third)
    #expect((first + second + third).allSatisfy { $0.hasPrefix("whpk_") })
    let file = "\(data)/secrets/webhook-signing.key"
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try Data("whsk_broken\n".utf8).write(to: URL(fileURLWithPath: file))
    #expect(try Program.run(["webhooks", "rotate", "--data", data]).status == 69)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "whsk_broken\n")
  }

  @Test func theEnvironmentWins() throws {
    let scratch = try Scratch("webhook-keys")
    defer { scratch.remove() }
    let given = ["WAYPOST_WEBHOOK_KEY": "whsk_" + Data(repeating: 7, count: 32).base64EncodedString()]
    #expect(try keys(["keys"], scratch.path, environment: given).count == 1)
    #expect(
      try Program.run(["webhooks", "rotate", "--data", scratch.path], environment: given).status == 1)
  }

  /// A gateway makes its key at the first start and shows the public half.
  @Test func aGatewayShowsItsKeys() throws {
    let scratch = try Scratch("webhook-keys")
    defer { scratch.remove() }
    let gateway = try Program(
      ["serve", "--listen", "127.0.0.1:0", "--data", scratch.path, "--log", "error"], log: "\(scratch.path)/log")
    defer { gateway.kill() }
    let answer = try Shell.run("curl", ["-sS", "--max-time", "30", "\(gateway.url)/.well-known/webhook-keys"])
    let document = try JSONValue(parsing: answer.output.utf8)
    #expect(try document["whpk"]?.items?.compactMap(\.text) == keys(["keys"], scratch.path))
    #expect(document["keys"]?.items?.first?["crv"] == "Ed25519")
  }
}
