import HTTPTypes

/// How lists are asked for.
enum Paging {
  /// 1 to 1000; 100 where nothing is said.
  static func limit(_ text: Substring?) throws(Problem) -> Int {
    guard let text else { return 100 }
    guard let limit = Int(text), (1...1000).contains(limit) else {
      throw Problem(.badRequest, "Bad limit", "limit is 1 to 1000")
    }
    return limit
  }

  /// The number of the last thing that the caller has; 0 where nothing is said.
  static func after(_ text: Substring?) throws(Problem) -> Int64 {
    guard let text else { return 0 }
    guard let number = Int64(text), number >= 0 else {
      throw Problem(.badRequest, "Bad place", "after is the number of the last one you have, from 0")
    }
    return number
  }
}
