package import Routing

/// Who may sign in, and who is signed in. A port of its own: nothing of a message's way needs it.
///
/// Guarantee: each change is audited in its own transaction, by the person's id and label; no secret is ever in it.
package protocol PeopleLedger: Sendable {
  // People.
  /// Adds a person; one who was ended may come again. `by` is whoever adds them. Throws `PeopleProblem`.
  func addPerson(_ person: Person, by: String, at now: Instant) async throws
  /// Ends a person and every session, at once. False if there is none.
  func endPerson(_ id: String, by: String, at now: Instant) async throws -> Bool
  func people() async throws -> [Person]
  func person(provider: String, name: String) async throws -> Person?
  /// Keeps the hash (`PassphraseHash.text`) and ends every session of the person. Throws `PeopleProblem`.
  func setPassphrase(_ hash: String, of person: String, by: String, at now: Instant) async throws
  func passphrase(of person: String) async throws -> String?
  /// Whether anybody can sign in with a passphrase.
  func takesPassphrases() async throws -> Bool

  // Sessions, each by the SHA-256 of its token.
  /// Begins a session and ends `replaced`, which the same browser had. Throws `PeopleProblem` if the person is gone.
  func beginSession(_ token: String, of person: String, replacing replaced: String?, at now: Instant) async throws
  /// Whose session it is; nil if it is none, or over. `extends`: a person asked, so that idleness begins anew.
  func session(_ token: String, extends: Bool, at now: Instant) async throws -> SessionRecord?
  /// False if there was none.
  func endSession(_ token: String, at now: Instant) async throws -> Bool

  // On the way to a provider and back.
  func beginSignIn(_ state: SignInState) async throws
  /// Takes a sign-in out: it is good once and for `Session.signInLimit`.
  func takeSignIn(_ stateHash: String, at now: Instant) async throws -> SignInState?
}

package enum PeopleProblem: Error, Sendable, Equatable, CustomStringConvertible {
  case incomplete(String)
  /// The provider's name for them is known already.
  case known(String)
  /// Somebody has, or had, that label.
  case taken(String)
  case unknown

  package var description: String {
    switch self {
    case .incomplete(let words): words
    case .known(let label): "\(label) is there already. End them first with `waypost people end`."
    case .taken(let label):
      "Somebody is, or was, called \(label), and the audit would mix the two up. Choose another --label."
    case .unknown: "Nobody is known by that name. `waypost people list` shows who is."
    }
  }
}
