import Delivery
import Routing

/// What is different between two entries of a desk, line by line and in words.
struct DeskDiff {
  struct Line: Equatable {
    let what: String
    /// Nil: there was, or will be, nothing.
    let was: String?
    let will: String?
    var isChanged: Bool { was != will }
    var mark: String {
      if was == nil { return "Added" }
      if will == nil { return "Removed" }
      return isChanged ? "Changed" : "As it was"
    }
  }

  let lines: [Line]
  /// What whoever decides has to know of the new addresses.
  let warnings: [String]

  /// `whole`: with what a URL has behind its path.
  init(_ before: JSONValue, _ after: JSONValue, of place: DeskPlace, in directory: Directory, whole: Bool) {
    let hours = { (entry: JSONValue) in DeskWords.hours(named: entry["hours"]?.text, in: directory) }
    let habit = { (entry: JSONValue) in DeskWords.whenClosed(entry["whenClosed"]?.text ?? WhenClosed.send.rawValue) }
    var lines = [
      Line(what: "Name", was: DeskDiff.name(before, place), will: DeskDiff.name(after, place)),
      Line(what: "Hours", was: hours(before), will: hours(after)),
      Line(what: "When it is closed", was: habit(before), will: habit(after)),
      Line(what: "Asked next", was: before["next"]?.text ?? "Nobody", will: after["next"]?.text ?? "Nobody"),
    ]
    let (old, new) = (DeskDiff.channels(before), DeskDiff.channels(after))
    for index in 0..<max(old.count, new.count) {
      let words = { (channels: [JSONValue]) in
        channels.indices.contains(index) ? DeskWords.channel(channels[index], whole: whole) : nil
      }
      lines.append(
        Line(what: "\(DeskWords.ordinal(index)) contact", was: words(old), will: words(new)))
    }
    self.lines = lines
    let known = DeskDiff.known(directory.agency(place.agency), old)
    warnings = new.filter { !old.contains($0) }.flatMap { DeskDiff.warnings($0, old, known) }
  }

  static func name(_ entry: JSONValue, _ place: DeskPlace) -> String { entry["desk"]?.text ?? place.role }
  static func channels(_ entry: JSONValue) -> [JSONValue] { entry["channels"]?.items ?? [] }

  /// Domains of mail and hosts of webhooks that the agency has now, at whatever desk.
  private static func known(_ agency: Agency?, _ old: [JSONValue]) -> Set<String> {
    let entries = agency.map { $0.desks.values.flatMap { channels($0.entry) } } ?? []
    return Set((entries + old).compactMap(host))
  }

  /// Where a channel leads, as a name in the internet; nil where it does not.
  static func host(_ channel: JSONValue) -> String? {
    if let address = (channel["mail"] ?? channel["notify"])?.text {
      return address.split(separator: "@").last.map { $0.lowercased() }
    }
    guard let url = channel["webhook"]?.text else { return nil }
    let host = Probe.host(url)
    return host.hasPrefix("[") ? host : String(host.prefix { $0 != ":" })
  }

  private static func warnings(_ channel: JSONValue, _ old: [JSONValue], _ known: Set<String>) -> [String] {
    guard let host = host(channel) else { return [] }
    let isPlain = host.utf8.allSatisfy { $0 < 0x80 } && (channel["mail"]?.text ?? "").utf8.allSatisfy { $0 < 0x80 }
    let strange = "The address at \(host) holds letters outside ASCII, which may look like others."
    let isKnown = known.contains { host == $0 || host.hasSuffix(".\($0)") }
    let domain = "\(host) is a new domain: no desk of this agency has been reached there before."
    let inside = "\(host) is inside the operator's own network, where addresses need not be public."
    let secret = "What goes to \(host) is signed with the same secret and shows the same credentials as before."
    let keeps = channel["secret"] != nil || channel["client"] != nil || channel["tokenURL"] != nil
    return (isKnown ? [] : [domain]) + (isPlain ? [] : [strange])
      + (channel["network"]?.text == "private" ? [inside] : [])
      + (keeps && !isKnown ? [secret] : [])
  }

  /// What a template shows of it.
  var values: [String: Any] {
    [
      "lines": lines.map { line -> [String: Any] in
        var values: [String: Any] = ["what": line.what, "isSame": !line.isChanged, "mark": line.mark]
        values["was"] = line.was ?? "Nothing"
        values["will"] = line.will ?? "Nothing"
        return values
      },
      "warnings": warnings.isEmpty ? [] : [["list": warnings]],
    ]
  }
}
