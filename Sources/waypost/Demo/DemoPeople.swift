import Delivery
import Foundation
import Ledger
import Routing

/// Somebody for each role, to look around as. They all have one passphrase, which is another in each demo.
enum DemoPeople {
  struct Role {
    let name: String
    let roles: [PersonRole]
    var agencies: [String] = []

    var row: [String] {
      [
        "  \(name)", roles.map(\.words).joined(separator: ", "),
        agencies.isEmpty ? "every agency" : agencies.joined(separator: ", "),
      ]
    }
  }

  static let all = [
    Role(name: "operator", roles: [.operator]), Role(name: "duty-manager", roles: [.dutyManager]),
    Role(name: "route-owner", roles: [.routeOwner]),
    // Who agrees to what the first one has changed.
    Role(name: "second-route-owner", roles: [.routeOwner]), Role(name: "auditor", roles: [.auditor]),
    // The school of the third story.
    Role(name: "school", roles: [.agencyViewer], agencies: ["urn:100003"]),
    Role(name: "reporter", roles: [.reporter]),
  ]

  /// For whoever wants to know it before, such as a test.
  private static let variable = "WAYPOST_DEMO_PASSPHRASE"

  /// Nobody guesses a passphrase that was made by chance, and no child is real: signing in takes no half second here.
  private static let cost = PassphraseHash.Cost(logRounds: 12, blockSize: 8, parallelism: 1) ?? .standard

  /// Gives the passphrase.
  static func add(to ledger: SQLiteLedger, at now: Instant) async throws -> String {
    let passphrase = ProcessInfo.processInfo.environment[variable] ?? fresh()
    let hash = try PassphraseHash(passphrase, salt: SignInDesk.random(16), cost: cost).text
    for role in all {
      let person = try Person(provider: Person.local, name: role.name, roles: role.roles, agencies: role.agencies)
      try await ledger.addPerson(person, by: "demo", at: now)
      try await ledger.setPassphrase(hash, of: person.id, by: "demo", at: now)
    }
    return passphrase
  }

  /// Four times four letters that cannot be taken for others: more than 70 bits.
  private static func fresh() -> String {
    let letters = Array("abcdefghjkmnpqrstuvwxyz")
    return (0..<4).map { _ in String((0..<4).compactMap { _ in letters.randomElement() }) }.joined(separator: "-")
  }
}
