package import Delivery
package import Routing

/// A notification as it might have become owed, with whatever a test wants to say about it.
package func owed(
  id: String = "nt-aaaaaaaaaaaaaaaaaaaaaaaaaa", to channels: [Channel] = [.mail("iro@derby.example")],
  confirm: Confirmation = .accepted, urgency: Urgency = .immediate, contact: String? = "Safeguarding unit",
  standIns: [StandIn] = [], message: Message? = nil, isExercise: Bool = false
) -> Delivery.Notification {
  Delivery.Notification(
    id: id, event: "ev-1", eventType: "missing.reported", episode: "EP-1", role: "iro", relation: "responsible",
    agency: "derby", contact: contact, channels: channels, urgency: urgency, isPressing: true, confirm: confirm,
    within: 120_000, by: nil, checkAt: nil, notBefore: nil, citations: [],
    message: message
      ?? Message(
        subject: "A child has been reported missing [immediate, ref \(id)]", text: "Given name: Żółć\n",
        html: "<html><body><p>Given name: Żółć</p></body></html>",
        body: #"{"data":{"child":{"name":{"given":"Żółć"}}},"id":"\#(id)"}"#),
    isExercise: isExercise, standIns: standIns, initialState: .queued)
}

extension ReceiptResult {
  /// The state that the notification is in after a report that was kept; nil where nothing was.
  package var state: NotificationState? { if case .recorded(let state, _) = self { state } else { nil } }
}
