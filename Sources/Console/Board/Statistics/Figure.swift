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

/// How long something took, as it stands in a table and beside a bar. Rounded up, so that `within` is true.
enum ShortTime {
  /// `40 s`, `6 min`, `2 h 5 min`, `3 days`.
  static func words(_ milliseconds: Int64) -> String {
    switch Span.of(milliseconds) {
    case .seconds(let count): "\(count) s"
    case .minutes(let count): "\(count) min"
    case .hours(let count, 0): "\(count) h"
    case .hours(let count, let minutes): "\(count) h \(minutes) min"
    case .days(let count): TimeWords.plural(count, "day")
    }
  }

  enum Span {
    case seconds(Int64), minutes(Int64), hours(Int64, Int64), days(Int64)

    static func of(_ milliseconds: Int64) -> Span {
      let seconds = max(1, up(milliseconds, 1000))
      if seconds < 60 { return .seconds(seconds) }
      let minutes = up(seconds, 60)
      if minutes < 60 { return .minutes(minutes) }
      return minutes < 48 * 60 ? .hours(minutes / 60, minutes % 60) : .days(up(minutes, 24 * 60))
    }

    private static func up(_ number: Int64, _ unit: Int64) -> Int64 { (number + unit - 1) / unit }
  }
}

/// The same in a sentence.
enum LongTime {
  /// `40 seconds`, `6 minutes`, `2 hours 5 minutes`, `3 days`.
  static func words(_ milliseconds: Int64) -> String {
    switch ShortTime.Span.of(milliseconds) {
    case .seconds(let count): TimeWords.plural(count, "second")
    case .minutes(let count): TimeWords.plural(count, "minute")
    case .hours(let count, 0): TimeWords.plural(count, "hour")
    case .hours(let count, let minutes): "\(TimeWords.plural(count, "hour")) \(TimeWords.plural(minutes, "minute"))"
    case .days(let count): TimeWords.plural(count, "day")
    }
  }
}
