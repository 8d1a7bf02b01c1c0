/// How words of a vocabulary are put into sentences.
enum EnglishWords {
  /// `no-apparent-risk` as `no apparent risk`, `awayNoticeHours` as `away notice hours`.
  static func apart(_ word: String) -> String {
    var words = ""
    for character in word {
      if character == "-" || character == "." {
        words.append(" ")
      } else if character.isUppercase {
        words += " \(character.lowercased())"
      } else {
        words.append(character)
      }
    }
    return words
  }

  /// `a, b and c`.
  static func listed(_ words: [String], _ last: String = "and") -> String {
    guard let end = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(last) \(end)"
  }
}

extension String {
  /// At the beginning of a heading, a sentence or a list item.
  var raisingFirst: String { prefix(1).uppercased() + dropFirst() }
  var loweringFirst: String { prefix(1).lowercased() + dropFirst() }
}
