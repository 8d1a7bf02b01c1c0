/// Standing columns along time, each of parts that are filled in different ways. Pure.
///
/// Guarantee: heights are in proportion to amounts; the highest and the ends of time are labelled.
struct ColumnChart {
  let name: String
  let title: String
  let says: String
  /// One for each stretch of time, with an amount for each entry of the legend.
  let columns: [[Int]]
  let legend: [(fill: Fill, words: String)]
  /// The first and the last stretch of time.
  let ends: (first: String, last: String)

  private static let height = 150.0

  var markup: String {
    var picture = Picture(name: name)
    let top = picture.legend(legend, y: 0) + 24
    let base = top + ColumnChart.height
    let highest = columns.map { $0.reduce(0, +) }.max() ?? 0
    let scale = highest > 0 ? ColumnChart.height / Double(highest) : 0
    picture.text("\(highest)", x: 0, y: top - 5)
    picture.rule(fromX: 0, y: top, toX: Picture.width)
    picture.rule(fromX: 0, y: base, toX: Picture.width)
    let pitch = Picture.width / Double(max(1, columns.count))
    let (width, edge) = (min(pitch * 0.75, 28), min(1.5, pitch / 5))
    for (index, column) in columns.enumerated() {
      let x = Double(index) * pitch + (pitch - width) / 2
      var y = base
      for (amount, entry) in zip(column, legend) {
        let height = Double(amount) * scale
        y -= height
        picture.box(x: x, y: y, width: width, height: height, entry.fill, edge: edge)
      }
    }
    picture.text(ends.first, x: 0, y: base + 18)
    picture.text(ends.last, x: Picture.width, y: base + 18, .end)
    return picture.markup(height: base + Picture.line, title: title, says: says)
  }
}
