package import Routing

/// A call that somebody at the gateway's own desk has to make: whom to ring, and what to say.
///
/// A card is a notification whose channel in use is a telephone number. It is `held` while it lies on the desk, `accepted`
/// once somebody has taken it, and `acknowledged` when they have spoken to the recipient. A card that nobody takes or
/// finishes in its time is alarmed again and again, and the next contact gets a card or a message of their own.
package struct CallCard: Sendable, Equatable {
  package let notification: String
  package let number: String
  /// Whom to ask for.
  package let contact: String
  package let agency: String?
  package let role: String
  package let isTaken: Bool
  /// When the next alarm is raised, or the next contact asked.
  package let until: Instant?
  /// What to say.
  package let script: String

  /// Nil for a notification that does not lie on the call desk.
  package init?(_ record: NotificationRecord) {
    let own = record.notification
    let index = record.delivery.channelIndex
    guard own.channels.indices.contains(index), case .phone(let number) = own.channels[index],
      record.state == .held || record.state == .accepted, record.delivery.attempts > 0
    else { return nil }
    self.number = number
    notification = own.id
    contact = own.contact(at: index) ?? own.role
    agency = own.agency
    role = own.role
    isTaken = record.state == .accepted
    until = own.checkAt
    script = CallCard.script(number, contact, own)
  }

  private static func script(_ number: String, _ contact: String, _ own: Notification) -> String {
    (own.isExercise ? "\(Drill.banner) Say so first, and again at the end.\n" : "") + """
      Ring \(number) and ask for: \(contact).
      Say that you ring for Waypost, and give the reference \(own.id).
      Read out only what stands between the lines, and ask for the name of whoever takes it.
      ----------------------------------------------------------------------
      \(own.message.text)
      ----------------------------------------------------------------------
      """
  }

  /// Seconds until somebody has to have taken a card, and again until they have to have finished it.
  package static func patience(urgency: Urgency, isPressing: Bool) -> Int64 {
    if isPressing || urgency == .immediate { return 300 }
    return urgency == .prompt ? 900 : 3600
  }
}

/// How a call ended.
package enum CallEnding: Sendable, Equatable {
  /// Somebody was told: their name, and what they will do.
  case told(String, willDo: String?)
  /// Nobody could be told; why.
  case notReached(String)
}
