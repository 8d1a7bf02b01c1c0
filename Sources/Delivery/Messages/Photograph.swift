import Foundation
import Routing

/// A child's photograph that came with an event as a `data:` URI (RFC 2397): base64 of a JPEG, PNG or WebP picture.
///
/// A reference (`https://…`) is written as it is; anything else that calls itself `data:` is neither written nor attached.
package struct Photograph: Sendable, Equatable {
  package let type: String
  package let bytes: [UInt8]

  private static let types = ["image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"]
  private static let path = ["data", "child", "photograph"]

  /// The ending of a file's name.
  package var ending: String { Photograph.types[type] ?? "bin" }

  package init?(_ text: String) {
    guard text.hasPrefix("data:"), let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")) else { return nil }
    let head = text[..<comma].dropFirst(5).lowercased().split(separator: ";")
    guard let type = head.first.map(String.init), Photograph.types[type] != nil, head.last == "base64",
      let data = Data(base64Encoded: String(text[text.index(after: comma)...])), !data.isEmpty
    else { return nil }
    self.type = type
    bytes = Array(data)
  }

  /// What stands for a picture where words are written.
  package static func words(_ text: String) -> String {
    guard text.hasPrefix("data:") else { return text }
    return Photograph(text) == nil ? "sent in a form that cannot be passed on" : "attached"
  }

  /// The picture in a notification's body, and the body without it; nil where there is none.
  package static func taken(from body: String) -> (photograph: Photograph, rest: String)? {
    // Most bodies have none, and are not read for it.
    guard body.contains("\"photograph\":\"data:"), let document = try? JSONValue(parsing: body.utf8),
      let text = document.at(path)?.text, let photograph = Photograph(text)
    else { return nil }
    let rest = document.merged(with: ["data": ["child": ["photograph": "attached"]]])
    return (photograph, rest.serialized)
  }
}
