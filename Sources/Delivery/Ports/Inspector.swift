package import Routing

/// Looks at the way a message would take, without sending one.
///
/// An inspector must: say nothing of any message; send nothing that a person reads; answer within its own stated timeouts;
/// put no personal data in its words.
package protocol Inspector: Sendable {
  /// What has to hold before a message can leave by this channel from this gateway; empty where nothing can be looked at.
  func checkpoints(of channel: Channel) -> [Checkpoint]
  func check(_ checkpoint: Checkpoint, at now: Instant) async -> Finding
}
