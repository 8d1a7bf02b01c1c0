import Routing

/// Where the protocols say what is owed.
///
/// Guarantee: the words are the packs' own; a rule or a pack that is no longer in the book says nothing.
struct CitationWords {
  let packs: [RoutePack]

  /// Protocol and section, each once, with the pack to look it up in.
  func sections(_ citations: [Citation]) -> [(pack: String, words: String)] {
    var seen = Set<String>()
    return citations.compactMap { citation in
      guard !citation.pack.isEmpty, seen.insert("\(citation.pack)|\(citation.section)").inserted else { return nil }
      let title = packs.first { $0.id == citation.pack }?.title ?? citation.pack
      return (citation.pack, "\(title), section \(citation.section)")
    }
  }

  func says(_ rule: String, of pack: String) -> String? {
    packs.lazy.filter { $0.id == pack }.flatMap(\.rules).first { $0.id == rule }?.says
  }

  /// What the rules say, each sentence once.
  func rules(_ citations: [Citation]) -> [String] {
    var seen = Set<String>()
    return citations.compactMap { says($0.rule, of: $0.pack) }.filter { seen.insert($0).inserted }
  }
}
