import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// An authority and a server's certificate by it, made once a run and removed at its end.
enum Certificates {
  private static let folder = Result { try Scratch("conformance") }
  private static let made = Result {
    let scratch = try folder.get()
    atexit { if case .success(let scratch) = Certificates.folder { scratch.remove() } }
    let result = try Shell.run("\(Repository.root)/Tests/Support/certificates.sh", [scratch.path])
    try #require(result.status == 0)
    return scratch
  }

  static func path(_ name: String) throws -> String { "\(try made.get().path)/\(name)" }

  static func curl(_ timeout: Int) throws -> CurlLoop.Settings {
    CurlLoop.Settings(trustFile: try path("ca.pem"), timeout: timeout, contentTimeout: timeout)
  }
}

enum Sample {
  static let now = instant("2026-11-12T12:00:00Z")
  /// The child's name and address, and the local part of the recipient's address.
  static let personal = ["Kowalczyk", "Lavender Row", "duty.inbox"]
  static func key() throws -> AnswerKey { try #require(AnswerKey(secret: [UInt8](repeating: 7, count: 32))) }

  /// One of every kind; none is a healthy recipient.
  static let channels: [Routing.Channel] = [
    .mail("duty.inbox@derby.example"), .webhook(url: "https://127.0.0.1:1/duty.inbox", secret: "nobody"),
    .drop(folder: "front-door", format: .json), .drop(folder: "front-door", format: .maildir),
    .notify(address: "duty.inbox@derby.example", template: NotifyHarness.template), .phone("01632 960101"),
  ]

  static func dispatch(_ id: String, to channel: Routing.Channel, attempt: Int = 1) -> Dispatch {
    let text = "Mia Kowalczyk of 17 Lavender Row is missing."
    let event: JSONValue = [
      "specversion": "1.0", "id": .string(id), "source": "https://waypost.example", "type": "missing.reported",
      "data": ["child": ["name": "Mia Kowalczyk", "address": "17 Lavender Row"]],
    ]
    let notification = Delivery.Notification(
      id: id, event: "ev-1", eventType: "missing.reported", episode: "EP-1", role: "childrens-services.front-door",
      relation: "responsible", agency: "derby", contact: "First Contact Team", channels: [channel], urgency: .immediate,
      isPressing: true, confirm: .accepted, within: 300_000, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(
        subject: "A child is missing: \(id)", text: text, html: "<p>\(text)</p>", body: event.serialized,
        csv: "name\r\nMia Kowalczyk\r\n"),
      isExercise: false, initialState: .queued)
    return Dispatch(notification: notification, channel: channel, channelIndex: 0, attempt: attempt, at: now)
  }

  /// Delivers `nt-0`, `nt-1`, … at once; `meanwhile` runs when all are on their way.
  static func deliver(
    _ count: Int, to channel: Routing.Channel, over transport: any Transport, meanwhile: () -> Void = {}
  ) async -> [Outcome] {
    await withTaskGroup(of: Outcome.self) { group in
      for number in 0..<count { group.addTask { await transport.deliver(dispatch("nt-\(number)", to: channel)) } }
      meanwhile()
      return await group.reduce(into: []) { $0.append($1) }
    }
  }
}

extension Outcome {
  var isDeferred: Bool { if case .deferred = self { true } else { false } }

  /// Every word that the gateway keeps of it.
  var said: String {
    switch self {
    case .accepted(let receipt), .waiting(let receipt): "\(receipt.evidence)\n\(receipt.details)"
    case .deferred(let fault, _), .rejected(let fault): "\(fault)"
    }
  }
}
