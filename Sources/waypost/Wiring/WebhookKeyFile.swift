import Delivery
import Foundation
import Logging
import Routing
import Synchronization
import Transports

/// The keys that webhooks are signed with: WAYPOST_WEBHOOK_KEY in the environment, or `secrets/webhook-signing.key`, which
/// is made at the first start. `waypost webhooks rotate` changes the file under a running gateway.
///
/// Guarantee: the file is looked at once a minute at most, and read when it has changed. One that cannot be read then is
/// logged, and the keys before it stay in use: nothing leaves unsigned.
final class WebhookKeyFile: Sendable {
  private struct State {
    var keys: WebhookKeys
    var changed: Date?
    var looked: Instant
  }
  private let path: String
  private let isFixed: Bool
  private let state: Mutex<State>
  private let logger: Logger
  static let variable = "WAYPOST_WEBHOOK_KEY"
  /// Seconds between two looks at the file.
  private static let pause: Int64 = 60

  /// Throws `Complaint` with the remedy.
  init(_ folder: DataFolder, at now: Instant, logger: Logger) throws {
    path = folder.webhookKeys
    self.logger = logger
    let given = ProcessInfo.processInfo.environment[WebhookKeyFile.variable]
    isFixed = given != nil
    if given == nil, !FileManager.default.fileExists(atPath: path) {
      try WebhookKeyFile.write(WebhookSigningKey.generate() + "\n", folder)
    }
    let place = given == nil ? path : WebhookKeyFile.variable
    let changed = WebhookKeyFile.changed(path)
    let keys = try WebhookKeyFile.read(given ?? DataFolder.text(path), from: place)
    state = Mutex(State(keys: keys, changed: changed, looked: now))
  }

  func keys(at now: Instant) -> WebhookKeys {
    state.withLock { state in
      guard !isFixed, abs(now.seconds - state.looked.seconds) >= WebhookKeyFile.pause else { return state.keys }
      state.looked = now
      let changed = WebhookKeyFile.changed(path)
      guard changed != state.changed else { return state.keys }
      do {
        state.keys = try WebhookKeyFile.read(DataFolder.text(path), from: path)
        state.changed = changed
        logger.notice("webhooks are signed with changed keys", metadata: ["count": "\(state.keys.keys.count)"])
      } catch {
        logger.error("webhook keys not changed: the old ones stay in use", metadata: ["why": "\(error)"])
      }
      return state.keys
    }
  }

  /// Puts a new key first, and keeps the newest of those before.
  static func rotate(_ folder: DataFolder) throws -> WebhookKeys {
    let old = FileManager.default.fileExists(atPath: folder.webhookKeys) ? try DataFolder.text(folder.webhookKeys) : ""
    if !old.isEmpty { _ = try read(old, from: folder.webhookKeys) }
    let text = WebhookKeys.rotated(old)
    try write(text, folder)
    return try read(text, from: folder.webhookKeys)
  }

  /// The keys in use, without making any.
  static func read(_ folder: DataFolder) throws -> WebhookKeys {
    if let given = ProcessInfo.processInfo.environment[variable] { return try read(given, from: variable) }
    return try read(DataFolder.text(folder.webhookKeys), from: folder.webhookKeys)
  }

  private static func read(_ text: String, from place: String) throws -> WebhookKeys {
    guard let keys = WebhookKeys(text) else {
      throw Complaint(
        "\(place) is not one or two of whsk_ and base64 of 32 or 64 bytes. Restore it, or receivers cannot check webhooks."
      )
    }
    return keys
  }

  /// The file appears whole: a gateway never reads half of it.
  private static func write(_ text: String, _ folder: DataFolder) throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/secrets", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let draft = folder.webhookKeys + ".new"
    // What was left of a broken attempt would keep its own mode.
    if FileManager.default.fileExists(atPath: draft) { try FileManager.default.removeItem(atPath: draft) }
    try DataFolder.writePrivate(text, to: draft)
    guard rename(draft, folder.webhookKeys) == 0 else { throw UnreadableFile(path: folder.webhookKeys) }
  }

  private static func changed(_ path: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
  }
}
