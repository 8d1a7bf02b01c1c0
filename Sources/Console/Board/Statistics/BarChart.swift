/// Lying bars, one below the other, each of parts that are filled in different ways. Pure.
///
/// Guarantee: every bar has its name and its value in words above it; lengths are in proportion to amounts.
struct BarChart {
  struct Bar {
    let label: String
    /// What it comes to.
    let words: String
    let parts: [(amount: Double, fill: Fill)]
  }
  let name: String
  let title: String
  let says: String
  let bars: [Bar]
  let legend: [(fill: Fill, words: String)]

  private static let row = 46.0
  /// How many letters a line takes, of which a name has what its value leaves.
  private static let letters = 38

  var markup: String {
    var picture = Picture(name: name)
    var y = picture.legend(legend, y: 0) + 4
    let longest = bars.map { $0.parts.reduce(0) { $0 + $1.amount } }.max() ?? 0
    let scale = longest > 0 ? (Picture.width - 2) / longest : 0
    for bar in bars {
      let room = max(12, BarChart.letters - bar.words.count)
      let label = bar.label.count > room ? bar.label.prefix(room - 1) + "…" : bar.label[...]
      picture.text(String(label), x: 0, y: y + 16)
      picture.text(bar.words, x: Picture.width, y: y + 16, .end)
      var x = 1.0
      for part in bar.parts {
        let width = part.amount * scale
        picture.box(x: x, y: y + 23, width: width, height: 14, part.fill)
        x += width
      }
      y += BarChart.row
    }
    return picture.markup(height: y, title: title, says: says)
  }
}
