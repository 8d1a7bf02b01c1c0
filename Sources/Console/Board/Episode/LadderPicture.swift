import Delivery

/// A ladder as a drawing: the first to be asked at the bottom, the last at the top, a filled mark where it stands.
///
/// Guarantee: pure; nothing in it but escaped words, so that it can stand in a page as it is. All colours are the page's
/// own, through `currentColor` and classes, and no fate is told by colour alone. Its words say again what the list beside
/// it says: whoever does not see it misses nothing.
package enum LadderPicture {
  private static let width = 320
  private static let step = 48
  /// What fits beside the ladder, in letters.
  private static let room = 26

  package static func svg(_ ladder: EpisodeLadder, of whom: String) -> String {
    let count = ladder.steps.count
    let height = count * step + 24
    let id = "picture-\(ladder.notification)"
    var out =
      "<svg class=\"ladder\" role=\"img\" aria-labelledby=\"\(id)-title \(id)-says\" width=\"\(width)\" "
      + "height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" fill=\"none\" stroke=\"currentColor\">"
      + "<title id=\"\(id)-title\">\(Markup.escaped("Escalation ladder of the message to \(whom)"))</title>"
      + "<desc id=\"\(id)-says\">\(Markup.escaped(ladder.standing))</desc>"
      + "<path d=\"M16 4V\(height - 4)M56 4V\(height - 4)\" stroke-width=\"3\"/>"
    for (index, one) in ladder.steps.enumerated() {
      out += drawing(one, number: index + 1, at: height - 12 - step / 2 - index * step)
    }
    return out + "</svg>"
  }

  private static func drawing(_ one: EpisodeLadder.Step, number: Int, at y: Int) -> String {
    let isHere = one.fate == .here
    let rung = "<path d=\"M16 \(y)H56\" stroke-width=\"3\"\(one.fate == .ahead ? " stroke-dasharray=\"4 4\"" : "")/>"
    let name = short("\(number). \(one.whom)")
    let says = short("\(one.channel): \(brief(one.fate))")
    return "<g class=\"\(one.fate.rawValue)\">\(rung)\(mark(one.fate, at: y))"
      + "<g fill=\"currentColor\" stroke=\"none\" font-size=\"15\">"
      + "<text x=\"72\" y=\"\(y - 3)\"\(isHere ? " font-weight=\"700\"" : "")>\(Markup.escaped(name))</text>"
      + "<text x=\"72\" y=\"\(y + 15)\">\(Markup.escaped(says))</text></g></g>"
  }

  /// A shape of its own for each fate.
  private static func mark(_ fate: EpisodeLadder.Fate, at y: Int) -> String {
    switch fate {
    case .here: "<circle cx=\"36\" cy=\"\(y)\" r=\"11\" fill=\"currentColor\"/>"
    case .refused: "<path d=\"M28 \(y - 8)l16 16m0 -16l-16 16\" stroke-width=\"4\"/>"
    case .taken: "<path d=\"M27 \(y)l7 8l12 -16\" stroke-width=\"4\"/>"
    case .asked: "<circle class=\"hollow\" cx=\"36\" cy=\"\(y)\" r=\"9\" stroke-width=\"3\"/>"
    case .ahead, .spared: ""
    }
  }

  private static func brief(_ fate: EpisodeLadder.Fate) -> String {
    switch fate {
    case .here: "here"
    case .taken: "taken, silent"
    case .asked: "asked"
    case .refused: "refused"
    case .ahead: "not yet"
    case .spared: "not needed"
    }
  }

  private static func short(_ text: String) -> String { text.count <= room ? text : text.prefix(room - 1) + "…" }
}
