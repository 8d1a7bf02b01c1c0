import Foundation

/// A JSON document as a value. Foundation reads and writes the text; this is only its shape.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// Reads UTF-8 text (RFC 8259). Throws `JSONProblem` with what is wrong and where.
  package init(parsing bytes: some Sequence<UInt8>) throws(JSONProblem) {
    let data = Data(bytes)
    guard String(validating: data, as: UTF8.self) != nil else {
      throw JSONProblem(reason: "the text is not valid UTF-8")
    }
    // No JSON holds one, and Foundation would take it for UTF-16, which would then be read otherwise than here.
    guard !data.contains(0) else { throw JSONProblem(reason: "the text holds a zero byte: write it in UTF-8") }
    do {
      self = JSONValue(foundation: try JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed]))
    } catch {
      let detail = (error as NSError).userInfo["NSDebugDescription"] as? String
      throw JSONProblem(reason: detail ?? "the text is not JSON")
    }
  }

  /// Compact text with sorted keys: equal values give equal text.
  package var serialized: String { String(decoding: serializedBytes, as: UTF8.self) }

  package var serializedBytes: [UInt8] {
    var out = [UInt8]()
    out.reserveCapacity(512)
    write(into: &out)
    return out
  }

  package subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { return members[key] }
    return nil
  }

  /// The value at a path of keys.
  package func at(_ path: some Sequence<String>) -> JSONValue? {
    var here = self
    for key in path {
      guard let next = here[key] else { return nil }
      here = next
    }
    return here
  }

  package var text: String? { if case .string(let value) = self { value } else { nil } }
  package var items: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  package var members: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
  package var isNull: Bool { self == .null }

  /// What is known after `change` came in: objects merge, lists and scalars replace, null clears (contract, "Events").
  package func merged(with change: JSONValue) -> JSONValue {
    guard case .object(var members) = self, case .object(let changes) = change else { return change }
    for (key, value) in changes {
      if value.isNull {
        members[key] = nil
      } else if let old = members[key] {
        members[key] = old.merged(with: value)
      } else {
        members[key] = value.withoutNulls
      }
    }
    return .object(members)
  }

  /// Clearing something never stated leaves nothing.
  private var withoutNulls: JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
  }
}

/// Why a text is not JSON.
package struct JSONProblem: Error, CustomStringConvertible {
  package let reason: String
  package var description: String { reason }
}

extension JSONValue {
  private init(foundation value: Any) {
    switch value {
    case let text as String: self = .string(text)
    case let number as NSNumber:
      // Booleans arrive as numbers of their own C type.
      self = String(cString: number.objCType) == "c" ? .bool(number.boolValue) : .number(number.doubleValue)
    case let items as [Any]: self = .array(items.map(JSONValue.init(foundation:)))
    case let members as [String: Any]: self = .object(members.mapValues(JSONValue.init(foundation:)))
    default: self = .null
    }
  }

  private func write(into out: inout [UInt8]) {
    switch self {
    case .null: out += Array("null".utf8)
    case .bool(let value): out += Array((value ? "true" : "false").utf8)
    case .number(let value):
      let whole = Int64(exactly: value)
      out += Array((whole.map(String.init) ?? String(value)).utf8)
    case .string(let text): JSONValue.write(text, into: &out)
    case .array(let items):
      out.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        item.write(into: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSONValue.write(member.key, into: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(into: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: out += Array("\\u00\(hex(byte >> 4))\(hex(byte & 15))".utf8)
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func hex(_ nibble: UInt8) -> Character {
    Character(Unicode.Scalar(nibble < 10 ? 0x30 + nibble : 0x57 + nibble))
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(Double(value)) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
  }

  /// The text, or JSON null where there is none.
  package static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
