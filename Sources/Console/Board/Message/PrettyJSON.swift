import Routing

extension JSONValue {
  /// Indented by two spaces, with sorted keys, as people read it. A picture is shown by its size.
  var pretty: String {
    var out = ""
    write(into: &out, indent: "")
    return out
  }

  private func write(into out: inout String, indent: String) {
    let deeper = indent + "  "
    switch self {
    case .array(let items) where !items.isEmpty:
      out += "["
      for (number, item) in items.enumerated() {
        out += "\(number == 0 ? "" : ",")\n\(deeper)"
        item.write(into: &out, indent: deeper)
      }
      out += "\n\(indent)]"
    case .object(let members) where !members.isEmpty:
      out += "{"
      for (number, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        out += "\(number == 0 ? "" : ",")\n\(deeper)\(JSONValue.string(member.key).serialized): "
        member.value.write(into: &out, indent: deeper)
      }
      out += "\n\(indent)}"
    case .string(let text) where text.hasPrefix("data:") && text.utf8.count > 200:
      out += JSONValue.string("\(text.prefix { $0 != "," }), \(text.utf8.count) characters").serialized
    default: out += serialized
    }
  }
}
