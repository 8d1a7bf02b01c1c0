import Delivery

/// How a part of a picture is filled. Each is told from the others without colour.
enum Fill: String, CaseIterable, Sendable { case solid, hatched, dotted, hollow }

/// Marks on a sheet 320 units wide, as SVG to stand in a page: about one unit a pixel on a phone, larger elsewhere.
///
/// Guarantee: well-formed XML whatever the words are, with a title and a description for whoever does not see it; nothing in
/// it is a style or runs. Its colours are the page's, in light and in dark.
struct Picture {
  static let width = 320.0
  /// Size of all letters, in units, and the room that a line of them needs.
  static let letter = 15.0
  static let line = 24.0

  enum Anchor: String { case start, middle, end }

  /// Begins every id in it: two pictures of a page have different names.
  let name: String
  private var marks = ""

  init(name: String) { self.name = name }

  /// `y` is where the letters stand.
  mutating func text(_ words: String, x: Double, y: Double, _ anchor: Anchor = .start, isSoft: Bool = false) {
    let soft = isSoft ? #" class="soft""# : ""
    marks +=
      #"<text\#(soft) x="\#(Picture.number(x))" y="\#(Picture.number(y))" text-anchor="\#(anchor.rawValue)">"#
      + "\(Markup.escaped(words))</text>"
  }

  /// Nothing where it has no size.
  mutating func box(x: Double, y: Double, width: Double, height: Double, _ fill: Fill, edge: Double = 1.5) {
    guard width > 0, height > 0 else { return }
    let paint =
      switch fill {
      case .solid: "currentColor"
      case .hollow: "none"
      case .hatched, .dotted: "url(#\(name)-\(fill.rawValue))"
      }
    let place = [("x", x), ("y", y), ("width", width), ("height", height), ("stroke-width", edge)]
      .map { #"\#($0.0)="\#(Picture.number($0.1))""# }.joined(separator: " ")
    marks += #"<rect \#(place) fill="\#(paint)" stroke="currentColor"/>"#
  }

  mutating func rule(fromX: Double, y: Double, toX: Double) {
    marks +=
      #"<line class="rule" x1="\#(Picture.number(fromX))" y1="\#(Picture.number(y))" "#
      + #"x2="\#(Picture.number(toX))" y2="\#(Picture.number(y))"/>"#
  }

  /// A cross, for what never came.
  mutating func cross(x: Double, y: Double, reach: Double) {
    let (left, right) = (Picture.number(x - reach), Picture.number(x + reach))
    let (top, bottom) = (Picture.number(y - reach), Picture.number(y + reach))
    marks +=
      #"<path d="M\#(left) \#(top)L\#(right) \#(bottom)M\#(left) \#(bottom)L\#(right) \#(top)" fill="none" "#
      + #"stroke="currentColor" stroke-width="2"/>"#
  }

  /// What the fills mean, a line each, from `y` on. Gives where the next thing can stand.
  mutating func legend(_ entries: [(fill: Fill, words: String)], y: Double) -> Double {
    var y = y
    for entry in entries {
      box(x: 1, y: y + 4, width: 16, height: 14, entry.fill)
      text(entry.words, x: 26, y: y + 16)
      y += Picture.line
    }
    return y
  }

  func markup(height: Double, title: String, says: String) -> String {
    """
    <svg class="picture" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="\(name)-title" \
    aria-describedby="\(name)-says" viewBox="0 0 \(Picture.number(Picture.width)) \(Picture.number(height))" \
    font-size="\(Picture.number(Picture.letter))"><title id="\(name)-title">\(Markup.escaped(title))</title>\
    <desc id="\(name)-says">\(Markup.escaped(says))</desc><defs>\
    <pattern id="\(name)-hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
    <rect width="3" height="6" fill="currentColor"/></pattern>\
    <pattern id="\(name)-dotted" width="6" height="6" patternUnits="userSpaceOnUse">\
    <circle cx="3" cy="3" r="1.5" fill="currentColor"/></pattern></defs>\(marks)</svg>
    """
  }

  /// With one decimal.
  static func number(_ value: Double) -> String {
    let tenths = Int((abs(value) * 10).rounded())
    return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10)\(tenths % 10 == 0 ? "" : ".\(tenths % 10)")"
  }
}
