import Routing

/// The area of an authority, by the code that the Office for National Statistics gives it (contract, "Packs that must
/// exist").
///
/// Guarantee: only areas listed here are ever named. An authority that a sender wrote and nobody knows is not.
struct OfficialArea: Sendable, Equatable {
  let name: String
  let code: String

  /// The codes' own list, as a URI.
  static let list = "http://statistics.data.gov.uk/id/statistical-geography"

  /// Where the child was last seen, otherwise where it lives; never who looks after it, which is its legal status.
  /// `child` and `rest` are what is known, as the ledger keeps it.
  init?(child: JSONValue, rest: JSONValue) {
    let slug = rest.at(["episode", "lastSeen", "in"])?.text ?? child["livesIn"]?.text
    guard let area = slug.flatMap({ OfficialArea.known[$0] }) else { return nil }
    self = area
  }

  private init(_ name: String, _ code: String) {
    self.name = name
    self.code = code
  }

  private static let known = [
    "derby": OfficialArea("Derby", "E06000015"), "derbyshire": OfficialArea("Derbyshire", "E10000007"),
    "bedford": OfficialArea("Bedford", "E06000055"),
    "central-bedfordshire": OfficialArea("Central Bedfordshire", "E06000056"),
    "luton": OfficialArea("Luton", "E06000032"), "staffordshire": OfficialArea("Staffordshire", "E10000028"),
    "stoke-on-trent": OfficialArea("Stoke-on-Trent", "E06000021"), "liverpool": OfficialArea("Liverpool", "E08000012"),
  ]
}
