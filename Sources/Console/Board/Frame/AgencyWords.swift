import Routing

/// What agencies are called: by their name in the directory, and what it does not hold by its slug.
struct AgencyWords {
  let directory: Directory

  func name(_ id: String) -> String { directory.agency(id)?.name ?? AgencyWords.authority(id) }

  /// `children's services front door, Derby City Council`: no name of a person.
  func recipient(_ role: String, _ agency: String?) -> String {
    [RoleWords.name(role), agency.map(name)].compactMap(\.self).joined(separator: ", ")
  }

  /// `Derby`, `Central Bedfordshire`, `Stoke-on-Trent`. What is no slug, as a school's number, stays as it is.
  static func authority(_ slug: String) -> String { Authority.isSlug(slug) ? words(slug) : slug }

  private static func words(_ slug: String) -> String {
    if slug.contains("-on-") || slug.contains("-upon-") {
      return slug.split(separator: "-").map { ["on", "upon"].contains($0) ? String($0) : String($0).raisingFirst }
        .joined(separator: "-")
    }
    return slug.split(separator: "-").map { ["and", "of", "the"].contains($0) ? String($0) : String($0).raisingFirst }
      .joined(separator: " ")
  }
}
