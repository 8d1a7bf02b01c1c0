/// A grid of squares, the larger the more. Pure.
///
/// Guarantee: a square's size says how much, so that nothing depends on telling shades apart; an empty place is nothing, and
/// a cross is what never came.
struct HeatMap {
  enum Cell: Equatable {
    case nothing
    /// From 0, an index into the legend.
    case level(Int)
    case never
  }
  let name: String
  let title: String
  let says: String
  let columns: [String]
  /// A row's label may be empty.
  let rows: [(label: String, cells: [Cell])]
  /// What each level means, from the smallest square on.
  let levels: [String]
  let never: String

  private static let row = 20.0
  private static let left = 52.0

  var markup: String {
    var picture = Picture(name: name)
    let pitch = (Picture.width - HeatMap.left) / Double(max(1, columns.count))
    for (index, label) in columns.enumerated() {
      picture.text(label, x: HeatMap.left + (Double(index) + 0.5) * pitch, y: 16, .middle)
    }
    var y = Picture.line
    for row in rows {
      if !row.label.isEmpty {
        picture.text(row.label, x: 0, y: y + 15)
        picture.rule(fromX: HeatMap.left, y: y, toX: Picture.width)
      }
      for (index, cell) in row.cells.enumerated() {
        draw(cell, x: HeatMap.left + (Double(index) + 0.5) * pitch, y: y + HeatMap.row / 2, on: &picture)
      }
      y += HeatMap.row
    }
    y += 6
    for (level, words) in levels.enumerated() {
      draw(.level(level), x: 9, y: y + 11, on: &picture)
      picture.text(words, x: 26, y: y + 16)
      y += Picture.line
    }
    draw(.never, x: 9, y: y + 11, on: &picture)
    picture.text(never, x: 26, y: y + 16)
    return picture.markup(height: y + Picture.line, title: title, says: says)
  }

  private func draw(_ cell: Cell, x: Double, y: Double, on picture: inout Picture) {
    switch cell {
    case .nothing: break
    case .never: picture.cross(x: x, y: y, reach: 6)
    case .level(let level):
      let side = 4 + 14 * Double(level) / Double(max(1, levels.count - 1))
      picture.box(x: x - side / 2, y: y - side / 2, width: side, height: side, .solid, edge: 0)
    }
  }
}
