import Delivery
import Routing

extension DirectMail {
  /// Looks for a server of the domain that would take a mail as private as this, as `send` does.
  func inspect(
    _ domain: String, pin: String?, _ privacy: MailPrivacy, _ look: (InspectRequest) async -> InspectAnswer
  ) async -> InspectAnswer {
    switch await routes.route(for: domain) {
    case .unusable(let reason): return InspectAnswer(fault: reason.fault)
    case .hosts(let hosts, let sts):
      let security = security(privacy, pin, sts)
      var last = InspectAnswer(fault: Fault(.connection, "the domain has no server"))
      let begun = CurlEngine.clock()
      for host in hosts {
        if CurlEngine.clock() - begun > DirectMail.patience { break }
        last = await look(InspectRequest(server(host, security, pin)))
        if last.fault == nil { break }
      }
      return last
    }
  }
}
