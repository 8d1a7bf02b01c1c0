/// Another entry for one desk, agreed on outside the directory's files.
package struct DeskChange: Sendable, Equatable {
  /// 0 for one that nobody has kept yet.
  package let number: Int64
  package let place: DeskPlace
  /// The entry that it was agreed on against, and the one that takes its place (`DeskEntry`).
  package let before: JSONValue
  package let after: JSONValue

  package init(number: Int64, place: DeskPlace, before: JSONValue, after: JSONValue) {
    self.number = number
    self.place = place
    self.before = before
    self.after = after
  }

  /// What problems call it, in the place of a file's name.
  var name: String { number == 0 ? DeskChange.proposed : "change \(number) of the board" }
  package static let proposed = "the proposed change"
}

/// What has become of a change, seen from the files.
package enum ChangeStanding: String, Sendable {
  /// It counts.
  case laid
  /// The files say the same by now.
  case carried
  /// The files say something else than what it was agreed on against: they count.
  case overtaken
  /// It does not fit the files any more, because hours or a role that it names are gone: what counted before it counts. It
  /// is laid again as soon as it fits.
  case misfit
}

/// Changes laid over the entries of the files.
///
/// Guarantee: pure. A change counts only over the very entry that it was agreed on against, be that the file's or that of
/// the change before it; whatever somebody has written into a file since is never hidden by one. A misfit is passed over,
/// and overtaken as soon as people have agreed on something else over what counts without it.
struct DeskOverlay {
  /// What counts in the place of the file's entry.
  private(set) var entries: [DeskPlace: DeskChange] = [:]
  private(set) var standings: [Int64: ChangeStanding] = [:]

  init(_ changes: [DeskChange], passingOver misfits: Set<Int64>, over written: [DeskPlace: JSONValue]) {
    for (place, chain) in Dictionary(grouping: changes, by: \.place) {
      lay(
        chain.sorted { ($0.number == 0 ? .max : $0.number) < ($1.number == 0 ? .max : $1.number) }, misfits,
        written[place])
    }
  }

  private mutating func lay(_ chain: [DeskChange], _ misfits: Set<Int64>, _ written: JSONValue?) {
    // What a file has taken over it has taken over with everything before.
    let carried = chain.lastIndex { $0.after == written }.map { $0 + 1 } ?? 0
    var present = written
    var passedOver: [Int64] = []
    for (index, change) in chain.enumerated() {
      if index < carried {
        standings[change.number] = .carried
      } else if misfits.contains(change.number) {
        standings[change.number] = .misfit
        passedOver.append(change.number)
      } else if change.before == present {
        standings[change.number] = .laid
        for number in passedOver { standings[number] = .overtaken }
        passedOver = []
        entries[change.place] = change
        present = change.after
      } else {
        standings[change.number] = .overtaken
      }
    }
  }
}
