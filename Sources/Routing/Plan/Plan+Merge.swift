/// How lines of several rules become one line for each recipient.
extension Plan {
  /// One message per recipient and event: all citations, the earliest deadline, what any of the rules allows that role.
  mutating func merge(_ line: Tell) {
    guard
      // By index, so that no line is copied for the comparison.
      let index = tells.indices.first(where: {
        (tells[$0].role == line.role || tells[$0].contact?.via == line.role || line.contact?.via == tells[$0].role)
          && tells[$0].relation == line.relation && tells[$0].agency == line.agency
          && tells[$0].contact?.label == line.contact?.label
      })
    else {
      tells.append(line)
      return
    }
    tells[index].citations += line.citations.filter { !tells[index].citations.contains($0) }
    tells[index].share.formUnion(line.share)
    tells[index].urgency = min(tells[index].urgency, line.urgency)
    tells[index].by = earlier(tells[index].by, line.by)
    tells[index].gate = tells[index].gate ?? line.gate
    // Of two demands the stricter one with its own time; of two equal ones that which states a time.
    if line.confirm > tells[index].confirm {
      tells[index].within = line.within
    } else if line.confirm == tells[index].confirm {
      tells[index].within = tells[index].within ?? line.within
    }
    tells[index].confirm = max(tells[index].confirm, line.confirm)
    // One reason to send now is enough.
    tells[index].notBefore = tells[index].notBefore == nil || line.notBefore == nil ? nil : tells[index].notBefore
  }

  mutating func merge(_ line: Duty) {
    guard
      let index = duties.firstIndex(where: {
        $0.name == line.name && $0.role == line.role && $0.relation == line.relation && $0.agency == line.agency
      })
    else {
      duties.append(line)
      return
    }
    duties[index].citations += line.citations.filter { !duties[index].citations.contains($0) }
    duties[index].by = earlier(duties[index].by, line.by)
    duties[index].target = earlier(duties[index].target, line.target)
    for followUp in line.followUps where !duties[index].followUps.contains(where: { $0.repeats(followUp) }) {
      duties[index].followUps.append(followUp)
    }
    duties[index].fulfilledBy += line.fulfilledBy.filter { !duties[index].fulfilledBy.contains($0) }
  }

  private func earlier(_ a: Instant?, _ b: Instant?) -> Instant? {
    guard let a else { return b }
    guard let b else { return a }
    return min(a, b)
  }
}

extension FollowUp {
  /// One reminder at a time is enough, whichever rule asks for it; rungs of different rules have different people.
  fileprivate func repeats(_ other: FollowUp) -> Bool {
    guard case .reminder = part, case .reminder = other.part else { return self == other }
    return at == other.at
  }
}
