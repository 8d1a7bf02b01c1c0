import ArgumentParser
import Delivery
import Foundation
import Routing
import Transports

struct SubmitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Posts one event, or a JSON array of events, to a gateway.",
    discussion: """
      Prints the gateway's answer on standard output, and what to put right on standard error. The same event again is
      safe: it is recognised by its source and id.
      """)
  @Argument(help: "A file with the event or events, or -.") var file: String
  @Option(help: "The gateway.") var gateway = "http://127.0.0.1:8080"
  @Option(help: "The sender's key; WAYPOST_KEY when absent.") var key: String?
  @Option(help: "PEM file with the authority behind the gateway's certificate.") var trust: String?

  func run() async throws {
    let document: JSONValue
    do { document = try EventFile.document(file) } catch { throw Ending.because(error, Ending.badInput) }
    guard let key = key ?? ProcessInfo.processInfo.environment["WAYPOST_KEY"], !key.isEmpty else {
      throw ValidationError("give a key with --key or WAYPOST_KEY; `waypost sources add NAME` makes one")
    }
    if let trust, !FileManager.default.isReadableFile(atPath: trust) {
      throw Ending.because(UnreadableFile(path: trust), Ending.badInput)
    }
    guard let client = GatewayClient(gateway, key: key, trust: trust) else {
      throw ValidationError("\(gateway) is no URL; write http://HOST:PORT or https://HOST:PORT")
    }
    defer { client.stop() }
    let answer: (status: Int, body: String)
    do { answer = try await client.post(document) } catch let fault as Fault {
      let remedy = fault.code == .tls ? " Give the authority behind its certificate with --trust FILE." : ""
      throw Ending.because(
        Complaint("The gateway at \(gateway) cannot be reached (\(fault)).\(remedy)"), Ending.unavailable)
    }
    Output.line(answer.body)
    if answer.status == 202 { return }
    throw Ending.because(Complaint(SubmitCommand.words(answer)), SubmitCommand.ending(answer.status))
  }

  private static func ending(_ status: Int) -> Int32 {
    switch status {
    case 400, 409, 413, 415, 422: Ending.badInput
    case 429, 500...599: Ending.unavailable
    default: Ending.failed
    }
  }

  /// A problem document in lines; the bare status where the answer is none, as a proxy may give.
  static func words(_ answer: (status: Int, body: String)) -> String {
    guard let problem = try? JSONValue(parsing: answer.body.utf8), let title = problem["title"]?.text else {
      return "The gateway answered \(answer.status)."
    }
    let lines = (problem["errors"]?.items ?? []).map { error in
      let place = error["pointer"]?.text ?? ""
      return "  \(place.isEmpty ? "the event" : place) \(error["reason"]?.text ?? ""). \(error["remedy"]?.text ?? "")."
    }
    return (["\(answer.status) \(title): \(problem["detail"]?.text ?? "")."] + lines).joined(separator: "\n")
  }
}

/// Posts events to a gateway.
struct GatewayClient {
  private let url: String
  private let key: String
  private let curl: CurlLoop

  /// `trust`: a PEM file in the place of the system's authorities.
  init?(_ gateway: String, key: String, trust: String? = nil) {
    guard let url = URL(string: gateway), url.scheme == "http" || url.scheme == "https", url.host != nil else {
      return nil
    }
    self.url = url.appendingPathComponent("v1/events").absoluteString
    self.key = key
    // A batch is answered once all of it is on disk.
    curl = CurlLoop(settings: CurlLoop.Settings(trustFile: trust, timeout: 120))
  }

  /// An array goes as a batch. Throws `Fault` where there is no answer.
  func post(_ document: JSONValue) async throws -> (status: Int, body: String) {
    let kind = document.items == nil ? "cloudevents" : "cloudevents-batch"
    let headers = ["Content-Type: application/\(kind)+json", "Authorization: Bearer \(key)", "Expect:"]
    let answer = try await curl.call(HTTPPost(url: url, headers: headers, body: document.serializedBytes)).get()
    return (answer.status, String(decoding: answer.body, as: UTF8.self))
  }

  func stop() { curl.stop() }
}
