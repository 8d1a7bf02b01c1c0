/// The search for another sheet that reads the same.
///
/// It moves the wanted count by one and then repairs the sums that no longer add up, one step at a time, cheapest first.
/// A step that would show costs more: taking it means that its cell has to be suppressed. Bounded in steps and in
/// branches, so it may give up on a sheet that has an answer; it never returns one that does not add up.
extension CountSheet {
  /// Sheets looked at before the search gives up.
  private static let limit = 4000
  /// Steps of the cheapest kind tried for one broken sum.
  private static let branches = 6
  /// What suppressing one more cell costs, in steps.
  private static let priceOfHiding = 4

  private struct Attempt {
    /// Difference to the true sheet, by cell.
    var change: [Int: Int]
    /// Sums that do not add up: by how much the total exceeds the parts.
    var broken: [Int: Int]
  }

  private struct Step {
    let cell: Int
    let by: Int
    let price: Int
  }

  /// Differences to the true values, `cell` among them, that keep every sum. A difference that a cell's words do not
  /// allow means that the cell has to be suppressed. Nil where none was found.
  func otherSheet(for cell: Int) -> [Int: Int]? {
    let places = sumsByCell()
    var queue: [[Attempt]] = []
    func push(_ step: Step, onto attempt: Attempt, cost: Int) {
      var next = attempt
      next.change[step.cell, default: 0] += step.by
      for place in places[step.cell] {
        let excess = (next.broken[place.sum] ?? 0) + step.by * place.sign
        next.broken[place.sum] = excess == 0 ? nil : excess
      }
      let total = cost + 1 + step.price * CountSheet.priceOfHiding
      while queue.count <= total { queue.append([]) }
      queue[total].append(next)
    }
    let start = Attempt(change: [:], broken: [:])
    for by in [1, -1] {
      if let step = step(cell, by: by, from: start) { push(step, onto: start, cost: 0) }
    }
    var looked = 0
    var cost = 0
    while cost < queue.count {
      for attempt in queue[cost] {
        looked += 1
        if looked > CountSheet.limit { return nil }
        guard let sum = attempt.broken.keys.min() else { return attempt.change }
        for step in repairs(of: sum, in: attempt) { push(step, onto: attempt, cost: cost) }
      }
      cost += 1
    }
    return nil
  }

  /// Steps that bring a broken sum nearer to adding up: those that do not show first, then the smallest counts.
  private func repairs(of sum: Int, in attempt: Attempt) -> [Step] {
    let towards = (attempt.broken[sum] ?? 0) > 0 ? 1 : -1
    let (total, parts) = (sums[sum].total, sums[sum].parts)
    let steps = [step(total, by: -towards, from: attempt)] + parts.map { step($0, by: towards, from: attempt) }
    return Array(
      steps.compactMap(\.self).enumerated()
        .sorted { a, b in
          (a.element.price, values[a.element.cell], a.offset) < (b.element.price, values[b.element.cell], b.offset)
        }
        .prefix(CountSheet.branches).map(\.element))
  }

  /// Nil where the cell cannot move that way, or was moved the other way before.
  private func step(_ cell: Int, by: Int, from attempt: Attempt) -> Step? {
    let before = attempt.change[cell] ?? 0
    guard before * by >= 0 else { return nil }
    let value = values[cell] + before + by
    if allows(value, in: cell) { return Step(cell: cell, by: by, price: 0) }
    guard allowsHidden(value, in: cell) else { return nil }
    // Paid for by an earlier step.
    if before != 0, !allows(values[cell] + before, in: cell) { return Step(cell: cell, by: by, price: 0) }
    return Step(cell: cell, by: by, price: isNumber(cell) ? 1 : 2)
  }

  private func sumsByCell() -> [[(sum: Int, sign: Int)]] {
    var places = [[(sum: Int, sign: Int)]](repeating: [], count: values.count)
    for (index, sum) in sums.enumerated() {
      places[sum.total].append((index, 1))
      for part in sum.parts { places[part].append((index, -1)) }
    }
    return places
  }
}
