package import Routing

/// How far a message has come, as it is timed.
package enum DeliveryStage: Int, Sendable, CaseIterable {
  case accepted, delivered, acknowledged

  package var words: String {
    switch self {
    case .accepted: "accepted"
    case .delivered: "delivered"
    case .acknowledged: "acknowledged"
    }
  }
}

/// How long messages took from being owed until the first evidence of each stage. Pure.
///
/// Guarantee: a message without evidence counts as one that never got there, so that half of all messages is half of all,
/// not of those that fared well. To be acknowledged concerns only messages that ask for it.
package struct DeliveryTimes: Sendable {
  /// How many were to reach the stage, how many did, and by when half and nine in ten of all had, in milliseconds; nil:
  /// fewer have.
  package struct Line: Sendable, Equatable {
    package let owed: Int
    package let reached: Int
    package let half: Int64?
    package let nineInTen: Int64?

    init(_ waits: Waits) {
      let sorted = waits.times.sorted()
      owed = waits.owed
      reached = sorted.count
      func rank(_ tenths: Int) -> Int64? {
        let index = (waits.owed * tenths + 9) / 10 - 1
        return sorted.indices.contains(index) ? sorted[index] : nil
      }
      half = rank(5)
      nineInTen = rank(9)
    }
  }

  struct Waits: Sendable {
    var owed = 0
    var times: [Int64] = []
  }
  private var places: [String?: Int] = [:]
  /// By place, by stage.
  private var waits: [[Waits]] = []
  /// By stage, by hour of the week.
  private var hours: [[Waits]]
  /// The hour of the week of an hour since 1970: London's clocks are set at full hours only.
  private var hourOfWeek: [Int64: Int] = [:]

  package init() {
    hours = DeliveryStage.allCases.map { _ in Array(repeating: Waits(), count: 168) }
  }

  /// One message. `agency`: nil for what families are told and what belongs to nobody in the directory. `reached` has the
  /// first evidence of each stage, in their order.
  package mutating func add(agency: String?, owedAt: Instant, asksAcknowledgement: Bool, reached: [Instant?]) {
    let place = places[agency] ?? waits.count
    if place == waits.count {
      places[agency] = place
      waits.append(DeliveryStage.allCases.map { _ in Waits() })
    }
    let hour = hour(of: owedAt)
    for stage in DeliveryStage.allCases where stage != .acknowledged || asksAcknowledgement {
      waits[place][stage.rawValue].owed += 1
      hours[stage.rawValue][hour].owed += 1
      guard let at = reached[stage.rawValue] else { continue }
      let wait = max(0, at.milliseconds - owedAt.milliseconds)
      waits[place][stage.rawValue].times.append(wait)
      hours[stage.rawValue][hour].times.append(wait)
    }
  }

  private mutating func hour(of instant: Instant) -> Int {
    let key = instant.seconds / 3600
    if let known = hourOfWeek[key] { return known }
    let reading = London.reading(at: instant)
    let hour = (reading.date.weekday - 1) * 24 + reading.secondOfDay / 3600
    hourOfWeek[key] = hour
    return hour
  }

  package var isEmpty: Bool { waits.isEmpty }

  /// By agency's id, with every stage in its order; what belongs to none comes last.
  package var lines: [(agency: String?, stages: [Line])] {
    places.sorted { a, b in
      guard let first = a.key, let second = b.key else { return a.key != nil }
      return first < second
    }.map { ($0.key, waits[$0.value].map(Line.init)) }
  }

  /// All messages together.
  package func all(_ stage: DeliveryStage) -> Line {
    Line(
      waits.reduce(into: Waits()) { sum, place in
        sum.owed += place[stage.rawValue].owed
        sum.times += place[stage.rawValue].times
      })
  }

  /// By the hour of the week in which they became owed, London time: 168 of them, Monday 00:00 first.
  package func week(_ stage: DeliveryStage) -> [Line] { hours[stage.rawValue].map(Line.init) }
}
