import ArgumentParser
import Foundation
import FoundationNetworking
import Routing

struct SubmitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Posts one event, or a JSON array of events, to a gateway.",
    discussion: "Prints the gateway's answer. The same event again is safe: it is recognised by its source and id.")
  @Argument(help: "A file with the event or events, or -.") var file: String
  @Option(help: "The gateway.") var gateway = "http://127.0.0.1:8080"
  @Option(help: "The sender's key; WAYPOST_KEY when absent.") var key: String?

  func run() async throws {
    let document: JSONValue
    do { document = try EventFile.document(file) } catch { throw Ending.because(error, Ending.badInput) }
    guard let key = key ?? ProcessInfo.processInfo.environment["WAYPOST_KEY"] else {
      throw ValidationError("give a key with --key or WAYPOST_KEY; `waypost sources add NAME` makes one")
    }
    guard let client = GatewayClient(gateway, key: key) else { throw ValidationError("\(gateway) is no URL") }
    let answer: (status: Int, body: String)
    do { answer = try await client.post(document) } catch {
      throw Ending.because(Complaint("The gateway at \(gateway) does not answer."), Ending.unavailable)
    }
    Output.line(answer.body)
    switch answer.status {
    case 202: return
    case 400, 409, 413, 415, 422: throw ExitCode(Ending.badInput)
    case 429, 500...599: throw ExitCode(Ending.unavailable)
    default: throw ExitCode(Ending.failed)
    }
  }
}

/// Posts events to a gateway.
struct GatewayClient {
  private let url: URL
  private let key: String

  init?(_ gateway: String, key: String) {
    guard let url = URL(string: gateway)?.appendingPathComponent("v1/events"), url.scheme != nil else { return nil }
    self.url = url
    self.key = key
  }

  /// An array goes as a batch.
  func post(_ document: JSONValue) async throws -> (status: Int, body: String) {
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    let kind = document.items == nil ? "cloudevents" : "cloudevents-batch"
    request.setValue("application/\(kind)+json", forHTTPHeaderField: "Content-Type")
    request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization")
    request.httpBody = Data(document.serializedBytes)
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
  }
}
