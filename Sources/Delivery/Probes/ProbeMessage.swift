package import Routing

/// The marked test: a message that says of itself, in subject and body, that it concerns no child and asks for nothing.
package enum ProbeMessage {
  package static let subject = "TEST: Waypost reachability check, no child is concerned"
  private static let lines = [
    "This is a test. No child is concerned, and there is nothing to do.",
    "Waypost sends it to see whether a message about a missing child would reach you. It has.",
  ]

  /// How a test can be sent over a channel, or why none is.
  package enum Way: Sendable, Equatable {
    case over(Channel)
    case never(String)
  }

  /// A notice is never sent as a test, as there is no message behind its link; neither is a telephone rung.
  package static func way(over channel: Channel) -> Way {
    switch channel {
    case .webhook, .drop: return .over(channel)
    case .notify: return .never("a notice leads to a message, and a test has none")
    case .phone: return .never("has to be rung by a person")
    case .mail(let mail):
      let privacy = mail.privacy.filter { $0 != .notice }
      guard !privacy.isEmpty else { return .never("a notice leads to a message, and a test has none") }
      return .over(
        .mail(
          MailChannel(
            address: mail.address, privacy: privacy, certificates: mail.certificates, readsGCM: mail.readsGCM,
            pin: mail.pin)))
    }
  }

  /// `host`: the gateway's name.
  package static func notification(_ probe: Probe, over channel: Channel, host: String, at now: Instant) -> Notification
  {
    let id = Identifiers.notification(
      event: "probe", key: "\(probe.agency)|\(probe.role)|\(channel)|\(now.milliseconds)")
    let event: JSONValue = [
      "specversion": "1.0", "id": .string(id), "source": .string("https://\(host)/"),
      "type": .string(Event.typePrefix + "probe"), "time": .string(now.rfc3339), "datacontenttype": "application/json",
      "data": ["test": true],
    ]
    let text = (lines + ["Reference \(id)."]).joined(separator: "\n\n") + "\n"
    let html = """
      <!DOCTYPE html>
      <html lang="en-GB">
      <head><meta charset="utf-8"><title>\(subject)</title></head>
      <body>\((lines + ["Reference \(id)."]).map { "<p>\($0)</p>" }.joined())</body>
      </html>

      """
    return Notification(
      id: id, event: "probe", eventType: "probe", episode: "probe", role: probe.role, relation: "probe",
      agency: probe.agency, contact: probe.contact, channels: [channel], urgency: .prompt, isPressing: false,
      confirm: .accepted, within: 0, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(subject: subject, text: text, html: html, body: event.serialized), isExercise: true,
      initialState: .queued)
  }
}
