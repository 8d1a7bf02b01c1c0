import Delivery
import Routing

/// What a recipient's system states about one message.
///
/// Guarantee: the same statement again has the same `key`, so that it changes nothing. It is told from a second one by its
/// time (`at`), or by the `webhook-id` that it was signed under.
struct StatedReceipt: Sendable {
  let notification: String
  let kind: ReceiptKind
  let at: Instant?
  let by: String?
  let willDo: String?
  let until: Instant?
  let evidence: String?

  static let kinds: [ReceiptKind] = [.delivered, .read, .acknowledged, .actionStated]
  private static let members = ["at", "by", "evidence", "kind", "notification", "until", "willDo"]
  /// Longest text taken, in characters.
  private static let longest = 500
  /// Seconds that the other side's clock may be ahead.
  private static let leeway: Int64 = 300

  /// Whether somebody takes the message on by it.
  var isAcknowledgement: Bool { kind == .acknowledged || kind == .actionStated }

  /// Names the statement. `envelope`: the `webhook-id` that it came under, if it was signed.
  func key(_ envelope: String?) -> String {
    let parts = [
      notification, kind.rawValue, at?.rfc3339 ?? "", by ?? "", willDo ?? "", until?.rfc3339 ?? "", evidence ?? "",
      envelope ?? "",
    ]
    return Identifiers.digest(Array(parts.joined(separator: "\u{0}").utf8))
  }

  /// What the receipt says in a line; `caller` where it names nobody.
  func words(_ caller: String) -> String {
    let said = [evidence, at.map { "at \($0.rfc3339)" }].compactMap(\.self)
    return ([by ?? caller] + said).joined(separator: ", ")
  }

  /// Reads one object; adds every wrong member to `wrong`, under `place`.
  init?(_ value: JSONValue, at now: Instant, place: String, _ wrong: inout [FieldProblem]) {
    guard let members = value.members else {
      wrong.append(FieldProblem(place, "is no object", "Send {\"notification\": …, \"kind\": …}"))
      return nil
    }
    var problems: [FieldProblem] = []
    func report(_ name: String, _ reason: String, _ remedy: String) {
      problems.append(FieldProblem(place.isEmpty ? name : "\(place).\(name)", reason, remedy))
    }
    func text(_ name: String) -> String? {
      guard let value = members[name], !value.isNull else { return nil }
      guard let text = value.text, !text.isEmpty, text.count <= StatedReceipt.longest,
        text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
      else {
        report(name, "is no line of 1 to \(StatedReceipt.longest) characters", "Shorten it, or drop it")
        return nil
      }
      return text
    }
    func instant(_ name: String) -> Instant? {
      guard let words = text(name) else { return nil }
      if let instant = Instant(rfc3339: words) { return instant }
      report(name, "is no instant", "Write it as 2026-03-27T22:40:00Z")
      return nil
    }
    notification = text("notification") ?? ""
    if members["notification"]?.isNull ?? true { report("notification", "is missing", "Give the message's id") }
    let kind = members["kind"]?.text.flatMap(ReceiptKind.init(rawValue:)).flatMap {
      StatedReceipt.kinds.contains($0) ? $0 : nil
    }
    if kind == nil {
      report("kind", "is no kind of receipt", "Use \(StatedReceipt.kinds.map(\.rawValue).joined(separator: ", "))")
    }
    self.kind = kind ?? .delivered
    at = instant("at")
    if let at, at > now.advanced(bySeconds: StatedReceipt.leeway) {
      report("at", "lies ahead", "Say when it happened; look at the clock")
    }
    by = text("by")
    willDo = text("willDo")
    until = instant("until")
    evidence = text("evidence")
    let isPromise = kind == .acknowledged || kind == .actionStated
    if kind == .actionStated, willDo == nil { report("willDo", "is missing", "Say what will be done") }
    if !isPromise, willDo != nil { report("willDo", "has no meaning here", "Use the kind action-stated") }
    if until != nil, willDo == nil { report("until", "says by when but not what", "Add willDo") }
    for name in members.keys.sorted() where !StatedReceipt.members.contains(name) {
      report(name, "is not known here", "Use \(StatedReceipt.members.joined(separator: ", "))")
    }
    wrong += problems
    if !problems.isEmpty { return nil }
  }
}
