package import Routing

/// What the page of one message asks and does beside `Ledger`. A port of its own: a message finds its way without it.
package protocol MessageLedger: Sendable {
  /// The message's place among all that its recipient was owed; nil while it has none.
  func number(of notification: String) async throws -> RecipientNumber?
  /// Sends a message to another contact now, with what its ladder becomes by that (`SendingOn`). Whoever has it keeps it.
  /// False, and nothing written, where it may not be (`canBeSentOn`), the contact has had it, or a later message of the
  /// same recipient has left.
  func sendOn(
    _ notification: String, to contact: OtherContact, at now: Instant, by actor: String, reason: String
  ) async throws -> Bool
}
