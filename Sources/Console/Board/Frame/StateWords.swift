import Delivery
import Routing

/// How messages stand, what they need and how much they press.
enum StateWords {
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

  /// How far it has to come, to follow the message or a semicolon.
  static func demand(_ confirm: Confirmation) -> String {
    switch confirm {
    case .accepted: "a system has to take it"
    case .delivered: "it has to be delivered"
    case .read: "it has to be opened"
    case .acknowledged: "a person has to acknowledge it"
    }
  }

  static func urgency(_ urgency: Urgency) -> String {
    switch urgency {
    case .immediate: "at once, day or night"
    case .prompt: "promptly"
    case .routine: "as routine"
    case .digest: "in a digest"
    }
  }
}
