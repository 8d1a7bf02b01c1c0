package import Routing

/// The same report as mail, file and webhook carry it.
///
/// Guarantee: whatever a cell holds, it stays one cell. Escaping looks at single code points, because a sign followed by
/// a combining mark is one character to Swift and two to a browser or a spreadsheet.
extension Report {
  private var span: String {
    "From \(LondonWords.moment(period.from)) until \(LondonWords.moment(period.until)), London time."
  }

  /// Plain text with aligned columns, for the text part of a mail.
  package var text: String {
    let blocks = [[title, span]] + tables.map(\.lines) + notes.map { [Report.oneLine($0)] }
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  /// A fragment for the HTML part of a mail, without style or script: each table under its heading, then the notes.
  package var html: String {
    let caption = Markup.escaped("\(title). \(span)")
    let sections = tables.map { table in
      let head = table.columns.map { "<th scope=\"col\">\(Markup.escaped($0))</th>" }.joined()
      let body = table.rows.map { row in
        let cells = row.enumerated().map { index, cell in
          index == 0 ? "<th scope=\"row\">\(Markup.escaped(cell))</th>" : "<td>\(Markup.escaped(cell))</td>"
        }
        return "<tr>\(cells.joined())</tr>\n"
      }
      return """
        <h2>\(Markup.escaped(table.title))</h2>
        <table>
        <caption>\(caption)</caption>
        <thead><tr>\(head)</tr></thead>
        <tbody>
        \(body.joined())</tbody>
        </table>

        """
    }
    return sections.joined() + notes.map { "<p>\(Markup.escaped($0))</p>\n" }.joined()
  }

  /// RFC 4180: each table below a row with its title, an empty line between tables. Empty where there is no table.
  package var csv: String {
    tables.map { table in
      ([[table.title], table.columns] + table.rows)
        .map { $0.map(Report.csvCell).joined(separator: ",") + "\r\n" }.joined()
    }.joined(separator: "\r\n")
  }

  /// For a webhook: `{title, from, until, tables: [{title, columns, rows}], notes}`.
  package var json: JSONValue {
    [
      "title": .string(title), "from": .string(period.from.rfc3339), "until": .string(period.until.rfc3339),
      "tables": .array(tables.map(\.document)), "notes": .array(notes.map(JSONValue.string)),
    ]
  }

  /// A spreadsheet takes a cell that begins like this for a formula (CWE-1236).
  private static let formulaSigns: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r"]
  private static let quotedSigns: Set<Unicode.Scalar> = ["\"", ",", "\r", "\n"]

  private static func csvCell(_ cell: String) -> String {
    var scalars = String.UnicodeScalarView()
    if let first = cell.unicodeScalars.first, formulaSigns.contains(first) { scalars.append("'") }
    for scalar in cell.unicodeScalars {
      scalars.append(scalar)
      if scalar == "\"" { scalars.append("\"") }
    }
    return scalars.contains(where: quotedSigns.contains) ? "\"\(String(scalars))\"" : String(scalars)
  }

  /// Line breaks and other control characters would break the columns.
  fileprivate static func oneLine(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let breaks = scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
      out.append(breaks ? " " : scalar)
    }
    return String(out)
  }
}

extension ReportTable {
  fileprivate var document: JSONValue {
    [
      "title": .string(title), "columns": .array(columns.map(JSONValue.string)),
      "rows": .array(rows.map { .array($0.map(JSONValue.string)) }),
    ]
  }

  fileprivate var lines: [String] {
    let cells = ([columns] + rows).map { $0.map(Report.oneLine) }
    let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { row in
      var line = ""
      var gap = 0
      for (cell, width) in zip(row, widths) {
        line += String(repeating: " ", count: gap) + cell
        gap = width - cell.count + 2
      }
      return line
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return [Report.oneLine(title), ""] + lines.prefix(1) + [rule] + lines.dropFirst()
  }
}
