import Delivery
import Routing

/// What the directory says of a desk, as people say it.
enum DeskWords {
  static let always = "Always open"
  private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

  /// `Monday to Friday 09:00 to 17:00, Saturday 08:30 to 16:00, closed on bank holidays`; nil is a desk without hours.
  static func hours(_ hours: DeskHours?) -> String {
    guard let hours else { return always }
    var parts: [String] = []
    var day = 0
    while day < hours.week.count {
      let last = hours.week[day...].prefix { $0 == hours.week[day] }.endIndex - 1
      if let window = hours.week[day] {
        let span = day == last ? days[day] : "\(days[day]) to \(days[last])"
        parts.append("\(span) \(TimeWords.clock(window.lowerBound)) to \(TimeWords.clock(window.upperBound))")
      }
      day = last + 1
    }
    if parts.isEmpty { return "Never open" }
    return (parts + (hours.closedOnBankHolidays ? ["closed on bank holidays"] : [])).joined(separator: ", ")
  }

  /// What a desk's `hours` names; nil where it names nothing.
  static func hours(named name: String?, in directory: Directory) -> String {
    guard let name else { return always }
    return directory.hours[name].map { "\(hours($0)) (\(name))" } ?? name
  }

  static func whenClosed(_ habit: String) -> String {
    switch WhenClosed(rawValue: habit) {
    case .send: "Messages go out at any hour"
    case .wait: "What is not immediate waits until it opens"
    case .switch: "Messages go to the agency's out-of-hours desk"
    case nil: habit
    }
  }

  /// `Mail: a@b.example (privacy: smime, notice)`. `whole`: with what a URL has behind its path, which may hold a key.
  static func channel(_ channel: JSONValue, whole: Bool) -> String {
    let members = channel.members ?? [:]
    guard let kind = DeskEntry.ways.first(where: { members[$0] != nil }) else { return "" }
    let settings = members.keys.sorted().filter { $0 != kind }.map { key in
      "\(key): \(text(members[key] ?? .null, isURL: key == "tokenURL" && !whole))"
    }
    let address = text(members[kind] ?? .null, isURL: kind == "webhook" && !whole)
    return "\(ChannelWords.name(kind).raisingFirst): \(address)"
      + (settings.isEmpty ? "" : " (\(settings.joined(separator: "; ")))")
  }

  private static func text(_ value: JSONValue, isURL: Bool) -> String {
    switch value {
    case .string(let text): isURL ? Channel.name(ofEndpoint: text) : text
    case .bool(let isSo): isSo ? "yes" : "no"
    case .array(let items): items.map { text($0, isURL: false) }.joined(separator: ", ")
    default: ""
    }
  }

  static func reach(_ reach: Reach) -> String {
    switch reach {
    case .reached: "Reached"
    case .byHand: "By telephone only"
    case .notProbed: "Not looked at yet"
    case .fails: "A way fails"
    case .unreachable: "Cannot be reached"
    case .noDesk: "Has no desk"
    }
  }

  /// What is known of one channel, with when.
  static func reach(_ channel: ChannelReach) -> String {
    let state =
      switch channel.state {
      case .reached: "Reached"
      case .notProbed: channel.at == nil ? "Not looked at yet" : "Could not be looked at"
      case .fails: "Fails"
      case .switchedOff: "Switched off"
      case .byHand: "Not looked at"
      }
    let words = channel.words.isEmpty ? "" : ": \(channel.words)"
    let at = channel.at.map { ". Last looked at on \(LondonWords.moment($0))" } ?? ""
    return state + words + at
  }

  /// `TLS 40 days left, mail seal expired 2 days ago`; nil where nothing is known.
  static func certificates(tls: Int?, seal: Int?) -> String? {
    let parts = [("TLS", tls), ("mail seal", seal)].compactMap { name, days in
      days.map {
        $0 < 0 ? "\(name) expired \(TimeWords.plural(-$0, "day")) ago" : "\(name) \(TimeWords.plural($0, "day")) left"
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  static func ordinal(_ number: Int) -> String {
    let words = ["First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth"]
    return words.indices.contains(number) ? words[number] : "Next"
  }
}
