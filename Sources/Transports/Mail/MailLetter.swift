import Delivery
import Foundation
import Routing

/// What a mail says and whom it answers to, before anybody seals or sends it.
///
/// Guarantee: no header, and nothing in a notice or a code, holds personal data; they hold ids, numbers, links and our
/// own words.
struct MailLetter {
  let gateway: MailTransport.Gateway
  let links: AnswerLinks

  /// The notification as it was owed, with a slip at its end by which the reader answers.
  func full(_ dispatch: Dispatch, to mail: MailChannel) -> MIMEMessage {
    let words = dispatch.notification.message
    let slip = dispatch.notification.confirm == .acknowledged ? acknowledgeSlip(dispatch) : nil
    var body = dispatch.body
    var attachments: [MIMEMessage.Attachment] = []
    if let (photograph, rest) = Photograph.taken(from: body) {
      attachments.append(
        .init(type: photograph.type, name: "photograph.\(photograph.ending)", content: photograph.bytes))
      body = rest
    }
    attachments.insert(
      .init(
        type: "application/cloudevents+json; charset=utf-8", name: "notification.json", content: Array(body.utf8)),
      at: 0)
    if let csv = words.csv {
      attachments.append(
        .init(type: "text/csv; charset=utf-8; header=present", name: "report.csv", content: Array(csv.utf8)))
    }
    return MIMEMessage(
      fields: fields(dispatch, to: mail), text: words.text + (slip?.text ?? ""),
      html: MailLetter.add(slip?.html ?? "", to: words.html), attachments: attachments, key: dispatch.notification.id)
  }

  /// Nothing but where the message can be read.
  func notice(_ dispatch: Dispatch, to mail: MailChannel) -> MIMEMessage {
    let notification = dispatch.notification
    let url = links.url(.read, notification.id, channel: dispatch.channelIndex, at: dispatch.at)
    let lines =
      opening(notification) + [
        "There is a message for you about a child. It is not in this mail, to keep it private.",
        "To read it, open the page below. A code is sent to this mailbox; type it in there.",
      ]
    return plain(
      fields(dispatch, to: mail), lines, link: (url, "Read the message"), reference: notification.id,
      key: notification.id)
  }

  /// The code that opens the page of a notice.
  func code(_ code: String, for notification: Delivery.Notification, to mail: MailChannel, at now: Instant)
    -> MIMEMessage
  {
    plain(
      [
        ("Date", MIMEMessage.date(now)), ("From", sender), ("To", "<\(mail.address)>"),
        ("Subject", Drill.marked("Your code to read a message [ref \(notification.id)]", notification.isExercise)),
        ("Message-ID", "<code-\(notification.id)-\(now.milliseconds)@\(gateway.host)>"),
        ("Auto-Submitted", "auto-generated"),
      ],
      opening(notification) + [
        "Your code is: \(code.prefix(4)) \(code.dropFirst(4))",
        "It opens one page once, and for \(CodeResult.lifetime / 60) minutes. If you have not asked for it, do nothing.",
      ], link: nil, reference: notification.id, key: "code-\(notification.id)")
  }

  /// To somebody who answered after the next contact had been asked.
  func superseded(
    _ notification: Delivery.Notification, by contact: String, to mail: MailChannel, at now: Instant
  ) -> MIMEMessage {
    plain(
      [
        ("Date", MIMEMessage.date(now)), ("From", sender), ("To", "<\(mail.address)>"),
        (
          "Subject",
          Drill.marked(
            "Your answer came after the message was passed on [ref \(notification.id)]", notification.isExercise)
        ),
        ("Message-ID", "<superseded-\(notification.id)-\(now.milliseconds)@\(gateway.host)>"),
        ("In-Reply-To", "<\(notification.id)@\(gateway.host)>"), ("Auto-Submitted", "auto-replied"),
      ],
      opening(notification) + [
        "Your answer is on record. Nobody had answered in time, so the message was passed on to: \(contact).",
        "Please agree with them who does what.",
      ], link: nil, reference: notification.id, key: "superseded-\(notification.id)")
  }

  /// What stands before everything else in a mail of our own words.
  private func opening(_ notification: Delivery.Notification) -> [String] {
    notification.isExercise ? [Drill.banner] : []
  }

  private var sender: String { "Waypost <\(gateway.from)>" }

  private func fields(_ dispatch: Dispatch, to mail: MailChannel) -> [MIMEMessage.Field] {
    let notification = dispatch.notification
    let tag = links.key.tag(notification.id, channel: dispatch.channelIndex)
    var fields: [MIMEMessage.Field] = [
      ("Date", MIMEMessage.date(dispatch.at)), ("From", sender), ("To", "<\(mail.address)>"),
      ("Subject", notification.message.subject), ("Message-ID", "<\(notification.id)@\(gateway.host)>"),
      ("Auto-Submitted", "auto-generated"),
    ]
    if let number = dispatch.number { fields.append(("X-Waypost-Sequence", number.header)) }
    if gateway.takesAnswers {
      fields.append(("Reply-To", "<answer+\(tag)@\(gateway.host)>"))
      if mail.readReceipt { fields.append(("Disposition-Notification-To", "<receipt+\(tag)@\(gateway.host)>")) }
    }
    if notification.urgency == .immediate { fields += [("Importance", "high"), ("X-Priority", "1")] }
    return fields
  }

  private func plain(
    _ fields: [MIMEMessage.Field], _ lines: [String], link: (url: String, words: String)?, reference: String,
    key: String
  ) -> MIMEMessage {
    let text = lines + (link.map { ["\($0.words): \($0.url)"] } ?? []) + ["Reference \(reference)."]
    let paragraphs = lines.map { "<p>\(Markup.escaped($0))</p>" }
    let button = link.map { "<p><a href=\"\(Markup.escaped($0.url))\">\($0.words)</a></p>" } ?? ""
    return MIMEMessage(
      fields: fields, text: text.joined(separator: "\n\n") + "\n",
      html: """
        <!DOCTYPE html>
        <html lang="en-GB">
        <head><meta charset="utf-8"><title>Waypost</title></head>
        <body style="font-family: Arial, sans-serif; font-size: 16px; line-height: 1.5; max-width: 40em; margin: 1em">
        \(paragraphs.joined(separator: "\n"))
        \(button)
        <p>Reference \(reference).</p>
        </body>
        </html>

        """, key: key)
  }

  private func acknowledgeSlip(_ dispatch: Dispatch) -> (text: String, html: String) {
    let url = links.url(.acknowledge, dispatch.notification.id, channel: dispatch.channelIndex, at: dispatch.at)
    let reply = gateway.takesAnswers ? " You can also reply to this mail; leave its subject as it is." : ""
    return (
      "\nTo acknowledge this message, open:\n\(url)\n\(reply.isEmpty ? "" : reply.dropFirst() + "\n")",
      "<p><strong><a href=\"\(Markup.escaped(url))\">Acknowledge this message</a></strong>.\(reply)</p>"
    )
  }

  private static func add(_ slip: String, to html: String) -> String {
    guard !slip.isEmpty else { return html }
    guard let end = html.range(of: "</body>", options: .backwards) else { return html + slip }
    return html.replacingCharacters(in: end, with: slip + "\n</body>")
  }
}
