package import Routing

/// What is accepted, but loudly (contract, "Events").
package enum Warnings {
  package static func of(
    _ event: Event, _ situation: Situation, _ plan: Plan, _ book: RouteBook, _ now: Instant
  ) -> [String] {
    var warnings: [String] = []
    if let born = situation.data.at(["child", "dateOfBirth"])?.text.flatMap({ CivilDate($0) }) {
      let age = born.years(until: London.date(at: event.time))
      if age >= 18 { warnings.append("by the date of birth this is an adult; the protocols are for children") }
      if age < 0 { warnings.append("the date of birth lies after the event") }
    }
    let late = now.milliseconds - event.time.milliseconds
    if late < -3_600_000 { warnings.append("the event's time lies in the future") }
    if late > 366 * 86_400_000 { warnings.append("the event's time is more than a year ago") }
    if let picture = situation.data.at(["child", "photograph"])?.text, picture.hasPrefix("data:"),
      Photograph(picture) == nil
    {
      warnings.append("child.photograph is no base64 JPEG, PNG or WebP picture; mail does not carry it")
    }
    let parties = Set(book.packs.flatMap(\.parties))
    for (name, slug) in [("livesIn", situation.livesIn), ("lookedAfterBy", situation.lookedAfterBy)] {
      if let slug, !parties.contains(slug) { warnings.append("no pack has the authority of child.\(name) as a party") }
    }
    if plan.packs.isEmpty { warnings.append("no pack in scope: nothing is owed") }
    if event.retracts != nil, situation.history.retraction == nil {
      warnings.append("the event that this one takes back was never received here: nobody was told of it")
    }
    let unroutable = plan.tells.count { $0.contact == nil }
    if unroutable > 0 { warnings.append("\(unroutable) recipients cannot be resolved; operators are alarmed") }
    return warnings
  }
}
