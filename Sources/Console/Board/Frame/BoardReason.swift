/// Why something is done by hand.
enum BoardReason {
  /// Longest text taken, in characters.
  private static let longest = 500

  /// What is wrong with it; nil for nothing.
  static func problem(_ reason: String) -> String? {
    if reason.isEmpty { return "Say why" }
    return reason.count > longest ? "The reason may have at most \(longest) characters" : nil
  }
}
