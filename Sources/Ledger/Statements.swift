import Delivery
import GRDB
import Routing

/// Short ways to run a prepared statement; every statement is prepared once a connection.
extension Database {
  /// Runs a change and gives back how many rows it touched.
  @discardableResult
  func change(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws -> Int {
    let statement = try cachedStatement(sql: sql)
    try statement.execute(arguments: StatementArguments(values))
    return changesCount
  }

  func rows(_ sql: String, _ values: [(any DatabaseValueConvertible)?] = []) throws -> [Row] {
    try Row.fetchAll(try cachedStatement(sql: sql), arguments: StatementArguments(values))
  }

  func row(_ sql: String, _ values: [(any DatabaseValueConvertible)?] = []) throws -> Row? {
    try Row.fetchOne(try cachedStatement(sql: sql), arguments: StatementArguments(values))
  }

  func audit(_ kind: String, _ identifier: String, _ detail: String, at now: Instant) throws {
    try change(
      "INSERT INTO audit (at, kind, identifier, detail) VALUES (?, ?, ?, ?)",
      [now.milliseconds, kind, identifier, detail])
  }

  func hasRaised(_ alarm: Alarm) throws -> Bool {
    try row(
      "SELECT 1 FROM alarms WHERE identifier = ? AND kind = ? LIMIT 1", [alarm.identifier, alarm.kind.rawValue]) != nil
  }

  func raise(_ alarm: Alarm, at now: Instant) throws {
    try change(
      "INSERT INTO alarms (at, kind, identifier, text) VALUES (?, ?, ?, ?)",
      [now.milliseconds, alarm.kind.rawValue, alarm.identifier, alarm.text])
  }
}

/// Lists and small records are kept as text with ASCII's own separators, which no name, address or section can hold:
/// reading them back is part of every lease.
enum Packed {
  static let record = "\u{1e}"
  static let unit = "\u{1f}"

  static func texts(_ list: [String]) -> String { list.joined(separator: record) }

  static func texts(_ packed: String) -> [String] { split(packed, 0x1e) }

  static func citations(_ list: [Citation]) -> String {
    list.map { [$0.pack, $0.section, $0.rule].joined(separator: unit) }.joined(separator: record)
  }

  static func citations(_ packed: String) -> [Citation] {
    split(packed, 0x1e).compactMap { item in
      let parts = split(item, 0x1f)
      return parts.count == 3 ? Citation(pack: parts[0], section: parts[1], rule: parts[2]) : nil
    }
  }

  static func instants(_ named: [String: Instant]) -> String {
    named.sorted { $0.key < $1.key }.map { "\($0.key)\(unit)\($0.value.milliseconds)" }.joined(separator: record)
  }

  static func instants(_ packed: String) -> [String: Instant] {
    split(packed, 0x1e).reduce(into: [:]) { named, item in
      let parts = split(item, 0x1f)
      if parts.count == 2, let milliseconds = Int64(parts[1]) { named[parts[0]] = Instant(milliseconds: milliseconds) }
    }
  }

  static func standIns(_ list: [StandIn]) -> String {
    list.map { "\($0.firstChannel)\(unit)\($0.label)" }.joined(separator: record)
  }

  static func standIns(_ packed: String) -> [StandIn] {
    split(packed, 0x1e).compactMap { item in
      let parts = split(item, 0x1f)
      guard parts.count == 2, let first = Int(parts[0]) else { return nil }
      return StandIn(label: parts[1], firstChannel: first)
    }
  }

  static func split(_ text: String, _ separator: UInt8) -> [String] {
    text.utf8.split(separator: separator).map { String(Substring($0)) }
  }
}

extension Row {
  func instant(_ column: String) -> Instant? {
    (self[column] as Int64?).map { Instant(milliseconds: $0) }
  }
  func requiredInstant(_ column: String) -> Instant { Instant(milliseconds: self[column]) }
}
