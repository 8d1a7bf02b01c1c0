import Delivery
import Routing

/// The ledger's names in the words of people who were not trained in them.
struct EpisodeWords {
  let routes: Routes

  /// `childrens-services.front-door` as `children's services front door`.
  static func role(_ name: String) -> String {
    let words = name.replacing(".", with: " ").replacing("-", with: " ")
    return words.hasPrefix("childrens ") ? "children's " + words.dropFirst(10) : words
  }

  static func plain(_ name: String) -> String { name.replacing("-", with: " ") }

  func agency(_ id: String?) -> String? { id.map { routes.book.directory.agency($0)?.name ?? $0 } }

  func recipient(_ role: String, _ agency: String?) -> String {
    [EpisodeWords.role(role), self.agency(agency)].compactMap(\.self).joined(separator: ", ")
  }

  /// What an event is about; `purpose` as its plan names it, where time set it off.
  func headline(_ type: String, purpose: String? = nil) -> String {
    let purpose = purpose.flatMap(Purpose.init(rawValue:)) ?? .notice
    return routes.renderer.headline(of: type, purpose) ?? type
  }

  /// Protocol and section, each once, with the pack to look it up in.
  func sections(_ citations: [Citation]) -> [(pack: String, words: String)] {
    var seen = Set<String>()
    return citations.compactMap { citation in
      guard !citation.pack.isEmpty, seen.insert("\(citation.pack)|\(citation.section)").inserted else { return nil }
      let title = routes.book.packs.first { $0.id == citation.pack }?.title ?? citation.pack
      return (citation.pack, "\(title), section \(citation.section)")
    }
  }

  func says(_ rule: String, of pack: String) -> String? {
    routes.book.packs.lazy.filter { $0.id == pack }.flatMap(\.rules).first { $0.id == rule }?.says
  }

  static func channel(_ channel: Channel) -> String { self.channel(channel.name) }
  static func channel(_ name: String) -> String {
    switch name {
    case "mail": "mail"
    case "webhook": "their system (webhook)"
    case "drop": "a file in their folder"
    case "notify": "GOV.UK Notify"
    case "manual": "telephone"
    default: name
    }
  }

  static func state(_ record: NotificationRecord) -> String {
    if record.isUnderWay { return "being sent now" }
    switch record.state {
    case .queued: return record.delivery.attempts > 0 ? "waiting to be sent again" : "waiting to be sent"
    case .scheduled: return "waits for its time"
    case .held: return record.delivery.attempts > 0 ? "on the call desk" : "held for a person to decide"
    case .accepted: return "taken by the next system, nobody has confirmed it"
    case .delivered: return "delivered"
    case .read: return "read"
    case .acknowledged: return "acknowledged"
    case .deferred: return "not sent yet, being tried again"
    case .failed: return "failed"
    case .cancelled: return "cancelled"
    case .superseded: return "stopped: something else has taken its place"
    case .unroutable: return "nobody is known to tell"
    }
  }

  /// `good`, `bad` or nothing, as the marks of the board are called.
  static func tone(_ record: NotificationRecord) -> String {
    switch record.state {
    case .failed, .unroutable: "bad"
    case .cancelled, .superseded: ""
    default: record.state.meets(record.notification.confirm) ? "good" : record.isOverdue ? "bad" : ""
    }
  }

  static func state(_ duty: DutyRecord) -> String {
    switch duty.state {
    case .open: "open"
    case .overdue: "overdue"
    case .fulfilled: "done"
    case .late: "done late"
    case .cancelled: "no longer owed"
    }
  }

  static func tone(_ duty: DutyRecord) -> String {
    switch duty.state {
    case .overdue, .late: "bad"
    case .fulfilled: "good"
    case .open, .cancelled: ""
    }
  }

  static func demand(_ confirm: Confirmation) -> String {
    switch confirm {
    case .accepted: "a system has to take it"
    case .delivered: "it has to be delivered"
    case .read: "it has to be read"
    case .acknowledged: "a person has to acknowledge it"
    }
  }

  static func name(_ kind: ReceiptKind) -> String {
    kind == .actionStated ? "Said what they will do" : kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
  }

  /// What a receipt proves, and what not.
  static func proves(_ kind: ReceiptKind) -> String {
    switch kind {
    case .queued: "kept safely by this gateway; nothing has left"
    case .accepted: "the next system took it; not that it arrived"
    case .delivered: "it arrived; not that anybody saw it"
    case .read: "it was shown to somebody; not that they act on it"
    case .acknowledged: "somebody says that they have it and deal with it"
    case .actionStated: "what somebody says they will do"
    case .relayed: "a system that reports nothing has it; not that it arrived"
    case .delayed: "a system has it and cannot hand it on yet"
    case .failed: "it did not arrive this way"
    case .superseded: "somebody answered who had been passed over"
    }
  }

  static func name(_ source: ReceiptSource) -> String {
    switch source {
    case .gateway: "this gateway"
    case .smtp: "their mail server"
    case .webhook: "their system"
    case .drop: "their folder"
    case .notify: "GOV.UK Notify"
    case .desk: "the call desk"
    case .deliveryReport: "a mail server's report"
    case .readReceipt: "a mail program's read receipt"
    case .signedReceipt: "a signed receipt"
    case .page: "the page behind the link"
    case .reply: "a reply by mail"
    case .api: "a system over the API"
    case .console: "somebody at this gateway"
    }
  }

  /// Whether a person typed what the receipt says, who may have written of the child.
  static func isTyped(_ source: ReceiptSource) -> Bool {
    switch source {
    case .desk, .page, .reply, .api, .console: true
    case .gateway, .smtp, .webhook, .drop, .notify, .deliveryReport, .readReceipt, .signedReceipt: false
    }
  }

  /// Lines of the audit that say what neither states nor receipts do; nil for the others.
  static func act(_ kind: String) -> String? {
    switch kind {
    case "escalated": "Passed on to the next step of the ladder"
    case "overdue": "Not taken in time"
    case "unconfirmed": "Not confirmed in time"
    case "passed-on": "A later message took its place"
    case "superseded": "Stopped: the event behind it was taken back"
    case "lease-lost": "An attempt was cut off, and made again"
    case "call-taken": "Somebody took the call card"
    case "call-made": "Told by telephone"
    case "call-failed": "A call reached nobody"
    case "call-overdue": "The call card waited too long"
    case "operator-retry": "Sent again by hand"
    case "operator-cancel": "Cancelled by hand"
    case "operator-hold": "Held by hand"
    case "operator-release": "Released by hand"
    case "duty-overdue": "The deadline passed"
    case "duty-fulfilled": "Fulfilled by an event"
    case "duty-completed": "Said to be done"
    case "duty-cancelled": "No longer owed"
    case "timer-passed": "A clock passed, and nothing was owed"
    case "timer-ended": "A clock ended"
    default: nil
    }
  }

  static func alarm(_ kind: Alarm.Kind) -> String {
    let words = plain(kind.rawValue)
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}
