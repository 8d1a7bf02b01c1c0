import Delivery

/// A picture with the sentence that it shows and its numbers as a table; or, where there are none, only a sentence.
struct Figure {
  let title: String
  /// Markup of our own.
  let picture: String?
  let says: String
  let table: FigureTable?

  init(title: String, picture: String, says: String, table: FigureTable) {
    self.title = title
    self.picture = picture
    self.says = says
    self.table = table
  }

  init(title: String, nothing: String) {
    self.title = title
    picture = nil
    says = nothing
    table = nil
  }

  /// What its template shows.
  var values: [String: Any] {
    var values: [String: Any] = ["heading": title, "sentence": says]
    if let picture { values["picture"] = picture }
    if let table { values["table"] = table.values }
    return values
  }
}

/// Numbers under headings; each row has a heading of its own and a cell for every further column.
struct FigureTable {
  let caption: String
  let columns: [String]
  let rows: [(head: String, cells: [String])]

  var values: [String: Any] {
    [
      "caption": caption, "first": columns.first ?? "", "columns": Array(columns.dropFirst()),
      "rows": rows.map { ["head": $0.head, "cells": $0.cells] as [String: Any] },
    ]
  }
}
