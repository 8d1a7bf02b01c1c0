package import Delivery
import Routing

/// What would leave by another way goes by mail to the place that all mail is redirected to, for staging and drills.
package struct RedirectedTransport: Transport {
  package let channel: String
  let mail: MailTransport

  package init(channel: String, mail: MailTransport) {
    self.channel = channel
    self.mail = mail
  }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    let stand: MailChannel
    switch dispatch.channel {
    case .drop(let folder, _): stand = MailChannel(address: "\(folder)@drop.invalid")
    case .phone: stand = MailChannel(address: "call@phone.invalid")
    case .notify(let address, _): stand = MailChannel(address: address, privacy: [.notice])
    default: return .rejected(Fault(.configuration, "not a \(channel) channel"))
    }
    return await mail.deliver(
      Dispatch(
        notification: dispatch.notification, channel: .mail(stand), channelIndex: dispatch.channelIndex,
        attempt: dispatch.attempt, at: dispatch.at, number: dispatch.number))
  }
}
