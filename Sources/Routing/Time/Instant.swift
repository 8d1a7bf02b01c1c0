/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Guarantee: pure arithmetic; parsing and printing follow RFC 3339 and need no locale, zone table or clock.
package struct Instant: Hashable, Comparable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { self.milliseconds = seconds * 1000 }

  package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

  /// This instant moved by a number of milliseconds, which may be negative.
  package func advanced(byMilliseconds delta: Int64) -> Instant { Instant(milliseconds: milliseconds + delta) }
  package func advanced(bySeconds delta: Int64) -> Instant { advanced(byMilliseconds: delta * 1000) }

  /// Whole seconds since 1970, rounded down.
  package var seconds: Int64 { milliseconds >= 0 ? milliseconds / 1000 : -((999 - milliseconds) / 1000) }
}

extension Instant {
  /// Reads an RFC 3339 timestamp (section 5.6). Returns nil for anything else, an impossible date included.
  /// Fractions finer than a millisecond are cut off; a leap second counts as the second after it.
  package init?(rfc3339 text: String) {
    var digits = DigitReader(text)
    guard let year = digits.number(4), digits.skip("-"),
      let month = digits.number(2), digits.skip("-"),
      let day = digits.number(2), digits.skip("T") || digits.skip("t") || digits.skip(" "),
      let hour = digits.number(2), digits.skip(":"),
      let minute = digits.number(2), digits.skip(":"),
      let second = digits.number(2),
      let date = CivilDate(year: year, month: month, day: day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if digits.skip(".") {
      guard let milliseconds = digits.fraction() else { return nil }
      fraction = milliseconds
    }
    var offset: Int64 = 0
    if !(digits.skip("Z") || digits.skip("z")) {
      let sign: Int64
      if digits.skip("+") { sign = 1 } else if digits.skip("-") { sign = -1 } else { return nil }
      guard let hours = digits.number(2), digits.skip(":"), let minutes = digits.number(2), hours < 24, minutes < 60
      else { return nil }
      offset = sign * Int64(hours * 3600 + minutes * 60)
    }
    guard digits.atEnd else { return nil }
    let seconds = date.daysSince1970 * 86400 + Int64(hour * 3600 + minute * 60 + second) - offset
    self.init(milliseconds: seconds * 1000 + fraction)
  }

  /// `2026-03-27T22:40:00Z`, with `.mmm` only where there are milliseconds.
  package var rfc3339: String {
    let total = seconds
    let milli = Int(milliseconds - total * 1000)
    let days = total >= 0 ? total / 86400 : -((86399 - total) / 86400)
    let rest = Int(total - days * 86400)
    let date = CivilDate(daysSince1970: days)
    let clock = "\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))"
    return "\(date)T\(clock)\(milli == 0 ? "" : "." + pad(milli, 3))Z"
  }
}

/// `value` in decimal, filled with zeros to `width`.
func pad(_ value: Int, _ width: Int) -> String {
  let text = String(value)
  return text.count >= width ? text : String(repeating: "0", count: width - text.count) + text
}

/// Reads fixed-width decimal fields off a string's UTF-8.
struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  var atEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, UInt32(first) == character.value else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(_ width: Int) -> Int? {
    guard rest.count >= width else { return nil }
    var value = 0
    for _ in 0..<width {
      guard let digit = rest.first, digit >= 0x30, digit <= 0x39 else { return nil }
      value = value * 10 + Int(digit - 0x30)
      rest.removeFirst()
    }
    return value
  }

  /// One to many digits after a decimal point, as milliseconds.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var scale: Int64 = 100
    var seen = false
    while let digit = rest.first, digit >= 0x30, digit <= 0x39 {
      value += Int64(digit - 0x30) * scale
      scale /= 10
      seen = true
      rest.removeFirst()
    }
    return seen ? value : nil
  }
}
