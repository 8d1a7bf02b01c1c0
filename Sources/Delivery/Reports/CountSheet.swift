/// Counts that are printed together, and how they add up.
///
/// The rule of suppression:
/// - A count from 1 to 4 is printed as `1 to 4`, never as the number.
/// - 0 is printed: that nothing happened says nothing about a particular child.
/// - Where exactly one part of a printed total is not printed, the next smallest part that is not 0 is printed as
///   `suppressed`.
/// - After that, other counts are printed as `suppressed` until every count that is not printed, and every count from 1
///   to 4 that is the difference of two printed ones, could be another number in a sheet that reads the same.
///   Where none is found, every count but 0 is `suppressed`.
///
/// Guarantee: the last point is proven count by count, by finding that other sheet (`otherSheet`). Where the search gives
/// up nothing is left that bounds a count from above. A reader is assumed to know this rule, every sum in the sheet and
/// every `given` cell.
struct CountSheet {
  /// How a count reads.
  enum Reading { case number, small, suppressed }

  enum Role {
    case printed(Reading)
    /// Not printed, but follows from printed counts. A sensitive one is protected like a printed one.
    case derived(isSensitive: Bool)
    /// Known to the reader whatever is printed; may be negative, to close a sum.
    case given
  }

  struct Sum {
    let total: Int
    let parts: [Int]
  }

  private(set) var values: [Int] = []
  private(set) var roles: [Role] = []
  private(set) var sums: [Sum] = []

  mutating func printed(_ value: Int) -> Int {
    add(value, .printed((1...4).contains(value) ? .small : .number))
  }

  mutating func derived(_ value: Int, isSensitive: Bool) -> Int { add(value, .derived(isSensitive: isSensitive)) }

  mutating func given(_ value: Int) -> Int { add(value, .given) }

  /// Says that `parts` add up to `total`; where children are counted under more than one part, what is missing is given.
  mutating func sum(_ total: Int, _ parts: [Int]) {
    let rest = values[total] - parts.reduce(0) { $0 + values[$1] }
    sums.append(Sum(total: total, parts: rest == 0 ? parts : parts + [given(rest)]))
  }

  /// Applies the rule. Reading a cell before gives only its first point.
  mutating func suppress() {
    completeBreakdowns()
    var safe = Set<Int>()
    while let cell = values.indices.first(where: { needsProof($0) && !safe.contains($0) }) {
      guard let other = otherSheet(for: cell) else { return suppressAll() }
      for (changed, by) in other where !allows(values[changed] + by, in: changed) { hide(changed) }
      // What the same search changed can be another number too; hiding more only widens what each may be.
      safe.formUnion(other.keys)
    }
  }

  func words(_ cell: Int) -> String {
    switch roles[cell] {
    case .printed(.small): "1 to 4"
    case .printed(.suppressed): CountSheet.suppressed
    default: String(values[cell])
    }
  }

  static let suppressed = "suppressed"

  /// The reader sees the number itself.
  func isNumber(_ cell: Int) -> Bool {
    if case .printed(.number) = roles[cell] { true } else { false }
  }

  /// May the cell hold `value`, as far as its own words tell? A suppressed count is taken to be known as 5 or more where
  /// it is, because that is what it mostly means.
  func allows(_ value: Int, in cell: Int) -> Bool {
    switch roles[cell] {
    case .given, .printed(.number): value == values[cell]
    case .derived: value >= 0
    case .printed(.small): (1...4).contains(value)
    case .printed(.suppressed): allowsHidden(value, in: cell)
    }
  }

  /// The same if the cell were suppressed; a 0 never is.
  func allowsHidden(_ value: Int, in cell: Int) -> Bool {
    guard case .printed = roles[cell], values[cell] > 0 else { return false }
    return value >= (values[cell] > 4 ? 5 : 1)
  }

  private mutating func add(_ value: Int, _ role: Role) -> Int {
    values.append(value)
    roles.append(role)
    return values.count - 1
  }

  private mutating func hide(_ cell: Int) {
    if case .printed = roles[cell], values[cell] > 0 { roles[cell] = .printed(.suppressed) }
  }

  private mutating func suppressAll() {
    for cell in values.indices { hide(cell) }
  }

  private mutating func completeBreakdowns() {
    var isComplete = false
    while !isComplete {
      isComplete = true
      for sum in sums where isNumber(sum.total) && !sum.parts.contains(where: isDerived) {
        let numbers = sum.parts.filter { isNumber($0) && values[$0] > 0 }
        guard sum.parts.count(where: needsProof) == 1, let next = numbers.min(by: { values[$0] < values[$1] })
        else { continue }
        hide(next)
        isComplete = false
      }
    }
  }

  private func isDerived(_ cell: Int) -> Bool {
    if case .derived = roles[cell] { true } else { false }
  }

  private func needsProof(_ cell: Int) -> Bool {
    switch roles[cell] {
    case .printed(.small), .printed(.suppressed): true
    case .derived(isSensitive: true): (1...4).contains(values[cell])
    default: false
    }
  }
}
