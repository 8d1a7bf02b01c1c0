import Delivery
import Routing

/// What the ledger's words mean, as people say it.
enum MessageWords {
  /// `childrens-services.social-worker`: `children's services social worker`.
  static func role(_ name: String) -> String {
    name.split { "-.".contains($0) }.joined(separator: " ").replacing("childrens services", with: "children's services")
  }

  /// A condition without the names of facts: `child.contactParentsHarmful` is `contact parents harmful`.
  static func condition(_ words: String) -> String {
    let plain = words.replacing("child.", with: "").replacing("episode.", with: "").replacing("-", with: " ")
    let spaced = plain.map { $0.isUppercase ? " \($0.lowercased())" : String($0) }.joined()
    return spaced.hasPrefix("(") && spaced.hasSuffix(")") ? String(spaced.dropFirst().dropLast()) : spaced
  }

  /// How it stands, in a word or two and in a sentence; `isBad`: somebody has to see to it.
  static func standing(_ record: NotificationRecord, _ hold: Hold?) -> (mark: String, says: String, isBad: Bool) {
    if CallCard(record) != nil, record.state == .accepted {
      return ("Being rung", "Somebody has taken the call card and is ringing.", false)
    }
    switch record.state {
    case .queued: return ("Waiting", "It waits to be sent.", false)
    case .scheduled: return ("Scheduled", "It waits for its time, for example for the desk to open.", false)
    case .held: return standing(hold ?? .byHand)
    case .accepted:
      return ("Handed over", "The next system has it. That does not show that anybody has read it.", false)
    case .delivered: return ("Delivered", "It has reached the recipient's mailbox or system.", false)
    case .read: return ("Read", "It has been opened.", false)
    case .acknowledged: return ("Acknowledged", "Somebody has taken it on.", false)
    case .deferred: return ("Not yet handed over", "It was tried and is tried again by itself.", true)
    case .failed: return ("Failed", "Nobody could be reached. Nothing more happens by itself.", true)
    case .cancelled: return ("Cancelled", "A person stopped it. It is not sent any more.", false)
    case .superseded: return ("Taken back", "It was overtaken by later news, or was wrong.", false)
    case .unroutable:
      return ("Nobody to send it to", "The directory names nobody for this role. Tell them another way.", true)
    }
  }

  private static func standing(_ hold: Hold) -> (mark: String, says: String, isBad: Bool) {
    switch hold {
    case .judgement: ("Waits for a decision", "Telling may harm. A person has to decide whether it is sent.", true)
    case .call: ("Has to be rung", "A call card lies on the desk: somebody has to ring.", true)
    case .privacy: ("Kept back", "No way that is left is private enough. Nothing has left by it.", true)
    case .byHand: ("Held back", "A person holds it back until it is released.", true)
    }
  }

  static func confirmation(_ demand: Confirmation) -> String {
    switch demand {
    case .accepted: "the recipient's system has it"
    case .delivered: "it has reached the mailbox or system"
    case .read: "somebody has opened it"
    case .acknowledged: "a person has taken it on"
    }
  }

  static func urgency(_ urgency: Urgency) -> String {
    switch urgency {
    case .immediate: "At once"
    case .prompt: "Promptly"
    case .routine: "In the ordinary course"
    case .digest: "With the next summary"
    }
  }

  // Channels.

  static func channel(_ name: String) -> String {
    switch name {
    case "mail": "Mail"
    case "webhook": "Their system (webhook)"
    case "drop": "Folder of a closed network"
    case "notify": "Notice through GOV.UK Notify"
    case "manual": "Telephone"
    default: name
    }
  }

  /// How somebody is asked.
  static func way(_ channel: String) -> String {
    switch channel {
    case "mail": "by mail"
    case "webhook": "through their system"
    case "drop": "through a closed network"
    case "notify": "by a notice through GOV.UK Notify"
    case "manual": "by telephone"
    default: "by \(channel)"
    }
  }

  /// Where it goes: a mailbox or a number only for those who may see it.
  static func place(_ channel: Channel, named: Bool) -> String? {
    switch channel {
    case .mail(let mail): named ? mail.address : nil
    case .webhook(let webhook): Channel.host(ofEndpoint: webhook.url)
    case .drop(let folder, _): folder
    case .notify(let address, _): named ? address : nil
    case .phone(let number): named ? number : nil
    }
  }

  /// How it is kept private on its way, the best first.
  static func privacy(_ channel: Channel) -> [String] {
    switch channel {
    case .mail(let mail): mail.privacy.map(privacy)
    case .webhook(let webhook):
      ["Over verified TLS, \(webhook.signature == .hmac ? "signed with a shared secret" : "signed with our own key")"]
    case .drop: ["A file that only the closed network collects"]
    case .notify: ["A notice without any content"]
    case .phone: ["Read out to a person who has given their name"]
    }
  }

  private static func privacy(_ policy: MailPrivacy) -> String {
    switch policy {
    case .smime: "Encrypted for the recipient and signed (S/MIME)"
    case .tls: "Readable mail, over verified TLS to the recipient's server"
    case .notice: "A mail with nothing but a link; read on a page after a one-time code"
    case .opportunistic: "Readable mail, over TLS if their server offers it"
    }
  }

  // Attempts and receipts.

  static func result(_ result: String) -> String {
    switch result {
    case "accepted": "Taken"
    case "deferred": "Not now"
    case "rejected": "Refused for good"
    case "waiting": "On the call desk"
    default: result
    }
  }

  /// What a receipt says and what it proves.
  static func receipt(_ kind: ReceiptKind) -> (says: String, proves: String) {
    switch kind {
    case .queued: ("Kept", "Waypost owes the message and will not lose it")
    case .accepted: ("Taken", "The next system answers for it; not that anybody has read it")
    case .delivered: ("Delivered", "It is in the mailbox or system; not that anybody has read it")
    case .read: ("Read", "It was opened; not by whom, unless the evidence says so")
    case .acknowledged: ("Acknowledged", "A person or their system has taken it on")
    case .actionStated: ("Action stated", "What somebody said they will do")
    case .relayed: ("Passed on", "A server that sends no reports has it; not that it has arrived")
    case .delayed: ("Delayed", "A server has it and cannot hand it on yet")
    case .failed: ("Failed", "It did not arrive by this way")
    case .superseded: ("Answered late", "Whoever answered was told that somebody else had been asked")
    }
  }

  static func source(_ source: ReceiptSource) -> String {
    switch source {
    case .gateway: "Waypost"
    case .smtp: "Mail server"
    case .webhook: "Recipient's system"
    case .drop: "Closed network's folder"
    case .notify: "GOV.UK Notify"
    case .desk: "Somebody who rang"
    case .deliveryReport: "Delivery report"
    case .readReceipt: "Read receipt"
    case .signedReceipt: "Signed receipt"
    case .page: "Page behind the link"
    case .reply: "Reply by mail"
    case .api: "A system, over the API"
    case .console: "A person at this gateway"
    }
  }

  /// A line of the audit that says what attempts and receipts do not; nil for one that does not.
  static func happening(_ kind: String) -> String? {
    switch kind {
    case "escalated": "Nobody confirmed it in time, so the next was asked"
    case "overdue": "Nobody took it in time"
    case "unconfirmed": "Nobody confirmed it in time, and nobody is left to ask"
    case "passed-on": "Later news to the same recipient took its place"
    case "superseded": "Taken back: the event behind it was withdrawn"
    case "lease-lost": "An attempt was cut off, and is made again"
    case "call-taken": "The call card was taken"
    case "call-made": "Somebody rang and told them"
    case "call-failed": "Somebody rang and could tell nobody"
    case "call-overdue": "The call card waited too long"
    case "acknowledged": "Acknowledged"
    case "operator-retry": "Tried again by hand"
    case "operator-hold": "Held back by hand"
    case "operator-release": "Released by hand"
    case "operator-cancel": "Cancelled by hand"
    case "operator-send-on": "Sent to another contact by hand"
    default: nil
    }
  }

  /// What is in the audit as done by a person, with their reason.
  static func isByHand(_ kind: String) -> Bool {
    kind.hasPrefix("operator-") || kind.hasPrefix("call-") && kind != "call-overdue" || kind == "acknowledged"
  }
}
