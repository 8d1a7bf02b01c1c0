import Delivery
import Routing

/// What a person writes about one desk.
///
/// Guarantee: an entry made of it keeps whatever the form does not show: of a channel that stays where it is, of one whose
/// address changes, and of the desk itself.
struct DeskForm {
  struct Row: Equatable {
    let way: String
    let address: String
    var isEmpty: Bool { way.isEmpty && address.isEmpty }
  }
  struct Problem {
    let field: String
    let says: String
  }

  let name: String
  let hours: String
  let whenClosed: String
  let rows: [Row]
  let reason: String
  /// Of the entry that the form was filled from.
  let version: String
  private(set) var problems: [Problem] = []

  /// So many contacts have a place at least.
  static let places = 5
  private static let longestName = 200
  private static let longestAddress = 500
  private static let longestReason = 500

  /// As the desk is.
  init(_ entry: JSONValue, at place: DeskPlace) {
    name = DeskDiff.name(entry, place)
    hours = entry["hours"]?.text ?? ""
    whenClosed = entry["whenClosed"]?.text ?? WhenClosed.send.rawValue
    let rows = DeskDiff.channels(entry).map { channel in
      let way = DeskEntry.ways.first { channel[$0] != nil } ?? ""
      return Row(way: way, address: channel[way]?.text ?? "")
    }
    self.rows = rows + Array(repeating: Row(way: "", address: ""), count: max(0, DeskForm.places - rows.count))
    reason = ""
    version = DeskForm.version(of: entry)
  }

  /// As it was sent; `entry` is the desk's own now.
  init(_ form: PageForm, over entry: JSONValue, in directory: Directory) {
    name = form["name"]
    hours = form["hours"]
    whenClosed = form["whenClosed"]
    reason = form["reason"]
    version = form["version"]
    let places = max(DeskForm.places, DeskDiff.channels(entry).count)
    rows = (1...places).map { Row(way: form["way-\($0)"], address: form["address-\($0)"]) }
    problems = check(directory)
  }

  static func version(of entry: JSONValue) -> String {
    String(Identifiers.digest(entry.serializedBytes).prefix(16))
  }

  private func check(_ directory: Directory) -> [Problem] {
    var found: [Problem] = []
    func say(_ field: String, _ says: String) { found.append(Problem(field: field, says: says)) }
    if name.isEmpty { say("name", "Enter what the desk is called") }
    if name.count > DeskForm.longestName { say("name", "The name may have at most \(DeskForm.longestName) characters") }
    if !hours.isEmpty, directory.hours[hours] == nil { say("hours", "Choose hours from the list") }
    if WhenClosed(rawValue: whenClosed) == nil { say("whenClosed", "Choose what happens while the desk is closed") }
    for (index, row) in rows.enumerated() where !row.isEmpty {
      let field = "address-\(index + 1)"
      let which = "\(DeskWords.ordinal(index)) contact"
      if !DeskEntry.ways.contains(row.way) {
        say("way-\(index + 1)", "\(which): choose how it is reached, or empty its address")
      } else if row.address.isEmpty {
        say(field, "\(which): enter an address, or choose that there is none")
      } else if row.address.count > DeskForm.longestAddress {
        say(field, "\(which): an address may have at most \(DeskForm.longestAddress) characters")
      }
    }
    if rows.allSatisfy(\.isEmpty) { say("way-1", "Leave the desk at least one contact") }
    if reason.isEmpty { say("reason", "Say why the desk has to change") }
    if reason.count > DeskForm.longestReason {
      say("reason", "The reason may have at most \(DeskForm.longestReason) characters")
    }
    return found
  }

  /// The entry as it will be.
  func entry(over present: JSONValue, at place: DeskPlace) -> JSONValue {
    var members = present.members ?? [:]
    if name != DeskDiff.name(present, place) { members["desk"] = .string(name) }
    members["hours"] = hours.isEmpty ? nil : .string(hours)
    if whenClosed != present["whenClosed"]?.text ?? WhenClosed.send.rawValue {
      members["whenClosed"] = .string(whenClosed)
    }
    members["channels"] = .array(channels(over: DeskDiff.channels(present)))
    return .object(members)
  }

  /// A contact that has only moved is itself; one with another address keeps the settings of the one in its place.
  private func channels(over present: [JSONValue]) -> [JSONValue] {
    func isThere(_ row: Row, _ channel: JSONValue) -> Bool { channel[row.way]?.text == row.address }
    return rows.enumerated().filter { !$0.element.isEmpty }.map { index, row in
      let own = present.indices.contains(index) ? present[index] : nil
      if let own, isThere(row, own) { return own }
      if let moved = present.first(where: { isThere(row, $0) }) { return moved }
      // Whoever stands further down takes the settings of a contact along.
      let isFree = own.map { own in !rows.contains { isThere($0, own) } } ?? false
      guard let own, isFree, own[row.way] != nil else { return .object([row.way: .string(row.address)]) }
      return own.merged(with: .object([row.way: .string(row.address)]))
    }
  }

  /// What the directory's reader says of the entry, at the contact that it is about.
  mutating func say(_ found: RouteProblems) {
    let filled = rows.indices.filter { !rows[$0].isEmpty }
    for problem in found.problems {
      // A problem elsewhere in the directory cannot be put right here, and is said all the same.
      let isOwn = problem.file == DeskChange.proposed
      let line = problem.line - 2
      let row = isOwn && filled.indices.contains(line) ? filled[line] : nil
      let place = row.map { "\(DeskWords.ordinal($0)) contact: " } ?? (isOwn ? "" : "\(problem.file): ")
      say(row.map { "address-\($0 + 1)" } ?? "name", "\(place)\(problem.reason). \(problem.remedy)")
    }
  }

  mutating func say(_ field: String, _ says: String) { problems.append(Problem(field: field, says: says)) }

  /// What the form's template shows.
  func values(in directory: Directory) -> [String: Any] {
    var values: [String: Any] = [
      "name": name, "reason": reason, "version": version,
      "hoursChoices": choices(
        [("", DeskWords.always)]
          + directory.hours.sorted { $0.key < $1.key }.map { ($0.key, "\(DeskWords.hours($0.value)) (\($0.key))") },
        chosen: hours),
      "closedChoices": choices(
        WhenClosed.allCases.map { ($0.rawValue, DeskWords.whenClosed($0.rawValue)) }, chosen: whenClosed),
      "rows": rows.enumerated().map { index, row -> [String: Any] in
        var one: [String: Any] = [
          "index": "\(index + 1)", "legend": "\(DeskWords.ordinal(index)) contact", "address": row.address,
          "ways": choices(
            [("", "None")] + DeskEntry.ways.map { ($0, ChannelWords.name($0).raisingFirst) }, chosen: row.way),
        ]
        one["wayProblem"] = says("way-\(index + 1)")
        one["addressProblem"] = says("address-\(index + 1)")
        return one
      },
    ]
    for field in ["name", "hours", "whenClosed", "reason"] { values["\(field)Problem"] = says(field) }
    if !problems.isEmpty {
      values["problems"] = ["list": problems.map { ["field": $0.field, "says": $0.says] }]
    }
    return values
  }

  private func says(_ field: String) -> String? { problems.first { $0.field == field }?.says }

  private func choices(_ all: [(value: String, words: String)], chosen: String) -> [[String: Any]] {
    all.map { ["value": $0.value, "words": $0.words, "isChosen": $0.value == chosen] }
  }
}
