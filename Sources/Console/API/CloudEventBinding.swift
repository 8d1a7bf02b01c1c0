import Delivery
import HTTPTypes
import Routing

/// The CloudEvents HTTP binding 1.0: structured, binary and batched content.
enum CloudEventBinding {
  case one(JSONValue)
  case batch([JSONValue])

  static func read(_ body: [UInt8], headers: HTTPFields) throws(Problem) -> CloudEventBinding {
    let type = (headers[.contentType] ?? "").split(separator: ";").first.map { $0.lowercased() } ?? ""
    switch type {
    case "application/cloudevents-batch+json":
      guard let items = try parse(body).items else {
        throw Problem(.unprocessableContent, "Not a batch", "The body is not a JSON array of CloudEvents")
      }
      return .batch(items)
    case "application/cloudevents+json": return .one(try parse(body))
    case "application/json":
      // Binary content carries its attributes in ce- headers; without them the body is the whole event.
      return headers.contains { $0.name.canonicalName.hasPrefix("ce-") }
        ? .one(try binary(try parse(body), headers)) : .one(try parse(body))
    default:
      throw Problem(
        .unsupportedMediaType, "Unsupported media type",
        "Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce- headers")
    }
  }

  private static func parse(_ body: [UInt8]) throws(Problem) -> JSONValue {
    do { return try Intake.read(body) } catch { throw Problem(error) }
  }

  private static func binary(_ data: JSONValue, _ headers: HTTPFields) throws(Problem) -> JSONValue {
    var members: [String: JSONValue] = ["data": data, "datacontenttype": "application/json"]
    for field in headers where field.name.canonicalName.hasPrefix("ce-") {
      let name = String(field.name.canonicalName.dropFirst(3))
      // Which of two counts would be a guess, and a drill might be taken for real.
      guard name == "datacontenttype" || members[name] == nil else {
        throw Problem(.badRequest, "A header twice", "ce-\(name) came twice, or is no attribute: send each once")
      }
      guard let value = field.value.removingPercentEncodingStrictly else {
        throw Problem(.badRequest, "Bad header", "The value of ce-\(name) is not percent-encoded UTF-8")
      }
      // Anything else is refused: a drill must not be taken for real because its mark is written in another way.
      let isMark = name == "exercise" && ["true", "false"].contains(value)
      members[name] = isMark ? .bool(value == "true") : .string(value)
    }
    return .object(members)
  }
}

extension String {
  /// Percent-decoding as the CloudEvents HTTP binding demands (section 3.1.3.2); nil where the result is no UTF-8.
  var removingPercentEncodingStrictly: String? {
    var bytes: [UInt8] = []
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(String.nibble), let low = rest.popFirst().flatMap(String.nibble) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
