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

  func raise(_ alarm: Alarm, at now: Instant) throws {
    try change(
      "INSERT INTO alarms (at, kind, identifier, text) VALUES (?, ?, ?, ?)",
      [now.milliseconds, alarm.kind.rawValue, alarm.identifier, alarm.text])
  }
}

/// Lists and small records are kept as JSON text.
enum Packed {
  static func texts(_ list: [String]) -> String { JSONValue.array(list.map(JSONValue.string)).serialized }

  static func texts(_ packed: String) throws -> [String] {
    try JSONValue(parsing: packed.utf8).items?.compactMap(\.text) ?? []
  }

  static func citations(_ list: [Citation]) -> String { JSONValue.array(list.map(\.document)).serialized }

  static func citations(_ packed: String) throws -> [Citation] {
    try (JSONValue(parsing: packed.utf8).items ?? []).compactMap { item in
      guard let pack = item["pack"]?.text, let section = item["section"]?.text, let rule = item["rule"]?.text else {
        return nil
      }
      return Citation(pack: pack, section: section, rule: rule)
    }
  }

  static func channels(_ list: [Channel]) -> String {
    JSONValue.array(
      list.map { channel in
        switch channel {
        case .mail(let address, let tls): ["mail": .string(address), "tls": .string(tls.rawValue)]
        case .webhook(let url, let secret): ["webhook": .string(url), "secret": .string(secret)]
        case .phone(let number): ["phone": .string(number)]
        }
      }
    ).serialized
  }

  static func channels(_ packed: String) throws -> [Channel] {
    try (JSONValue(parsing: packed.utf8).items ?? []).compactMap { item in
      if let address = item["mail"]?.text {
        return .mail(address: address, tls: item["tls"]?.text.flatMap(MailSecurity.init(rawValue:)) ?? .required)
      }
      if let url = item["webhook"]?.text { return .webhook(url: url, secret: item["secret"]?.text ?? "") }
      return item["phone"]?.text.map(Channel.phone)
    }
  }
}

extension Row {
  func instant(_ column: String) -> Instant? {
    (self[column] as Int64?).map { Instant(milliseconds: $0) }
  }
  func requiredInstant(_ column: String) -> Instant { Instant(milliseconds: self[column]) }
}
