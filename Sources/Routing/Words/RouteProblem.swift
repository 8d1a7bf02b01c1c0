/// Something wrong in a file under `Routes/`: where it stands, what is wrong and what to do about it.
///
/// A failure means that the file is refused as a whole; nothing of it is used.
package struct RouteProblem: Error, Equatable, Sendable, CustomStringConvertible {
  package let file: String
  /// Counted from 1; 0 where the whole file is meant.
  package let line: Int
  package let reason: String
  package let remedy: String

  package init(file: String, line: Int, reason: String, remedy: String) {
    self.file = file
    self.line = line
    self.reason = reason
    self.remedy = remedy
  }

  package var description: String { "\(file):\(line): \(reason). \(remedy)." }
}

/// All that is wrong with what was read.
package struct RouteProblems: Error, CustomStringConvertible {
  package let problems: [RouteProblem]
  package init(_ problems: [RouteProblem]) { self.problems = problems }
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
