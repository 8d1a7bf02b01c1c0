package import Delivery
import Foundation
package import Logging
import Routing
import Synchronization

/// The way in for systems that can only write files: whatever is renamed into `new/` is taken as if its sender had posted
/// it.
///
/// Guarantee: an event is on disk in the ledger before its file goes to `done/`, with the answer beside it; what cannot be
/// taken goes to `rejected/` with its problem document. A stop in between takes the file again, and (source, id) gives the
/// same answer. What the ledger could not write stays in `cur/` and is tried again, and holds up no other.
package final class EventFolder: Sendable {
  private let files: EventFolderFiles
  private let sender: String
  private let intake: Intake
  private let senders: any AccessLedger
  private let time: any TimeSource
  private let logger: Logger
  /// Nobody fires it: the folder is looked at by the clock.
  private let nothing = Signal()
  private let said = Mutex(Said())
  private static let queue = DispatchQueue(label: "waypost-event-folder")
  /// Files in hand at once.
  static let limit = 100

  /// What the log was told last, so that it is told once.
  private struct Said {
    var trouble: String?
    var passedOver = 0
  }

  /// `sender` is the name of a sender in the ledger; the limits of its key are those of the folder.
  package init(
    path: String, sender: String, intake: Intake, senders: any AccessLedger, time: any TimeSource, logger: Logger
  ) {
    files = EventFolderFiles(root: path)
    self.sender = sender
    self.intake = intake
    self.senders = senders
    self.time = time
    self.logger = logger
  }

  /// Looks every second until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      while await look(), !Task.isCancelled {}
      await time.wait(for: nothing, until: time.now().advanced(bySeconds: 1))
    }
  }

  /// Takes what is there now; true if there may be more.
  package func look() async -> Bool {
    do {
      guard let sender = try await senders.senders().first(where: { $0.name == sender }) else {
        // Read anew each time, so that a key that was revoked ends this way in too.
        say("the folder for events waits: no sender has the name that the settings give")
        return false
      }
      let files = self.files
      let claim = try await EventFolder.aside {
        try files.make()
        return try files.claim(limit: EventFolder.limit)
      }
      warn(passedOver: claim.passedOver)
      var settled = 0
      var trouble: String?
      for name in claim.names where !Task.isCancelled {
        do {
          try await take(name, from: sender)
          settled += 1
        } catch { trouble = EventFolder.words(error) }
      }
      say(trouble.map { "a file of the folder for events waits: \($0)" })
      return claim.isFull && settled > 0
    } catch {
      say("the folder for events waits: \(EventFolder.words(error))")
      return false
    }
  }

  /// Throws what only waiting can mend.
  private func take(_ name: String, from sender: Sender) async throws {
    let files = self.files
    let content = try await EventFolder.aside { try files.content(of: name) }
    do {
      let answer = try await answer(to: content, from: sender)
      try await EventFolder.aside {
        try files.settle(name, in: "done", with: answer.serializedBytes, called: "answer")
      }
    } catch let problem as ProblemDocument where problem.retryAfter == nil {
      try await EventFolder.aside {
        try files.settle(name, in: "rejected", with: problem.json.serializedBytes, called: "problem")
      }
      logger.warning(
        "an event file was rejected", metadata: ["status": "\(problem.status)", "errors": "\(problem.errors.count)"])
    }
  }

  private func answer(to content: EventFolderFiles.Content, from sender: Sender) async throws -> JSONValue {
    switch content {
    case .bytes(let bytes):
      let document = try Intake.read(bytes)
      guard let batch = document.items else { return try await intake.take(document, from: sender).json }
      return .array(try await intake.take(batch: batch, from: sender).map(\.json))
    case .tooLarge: throw Intake.tooLarge
    case .notAFile: throw EventFolder.notAFile
    case .unreadable: throw EventFolder.unreadable
    }
  }

  private static let notAFile = ProblemDocument(
    422, "Not a file", "This is a link or a device, and was not followed; write the event itself")
  private static let unreadable = ProblemDocument(
    403, "Not readable", "The gateway may not read this file; write it so that the gateway's user can")

  // The log names no file: whoever wrote it may have named it after a child.

  private func say(_ trouble: String?) {
    let isNew = said.withLock { said in
      defer { said.trouble = trouble }
      return said.trouble != trouble
    }
    if isNew, let trouble { logger.error("events in files are not taken", metadata: ["why": "\(trouble)"]) }
  }

  private func warn(passedOver count: Int) {
    let isMore = said.withLock { said in
      defer { said.passedOver = count }
      return count > said.passedOver
    }
    if isMore {
      logger.warning(
        "the folder for events holds what is no event: names have to end in .json", metadata: ["count": "\(count)"])
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case let trouble as FolderTrouble: trouble.fault.description
    case let problem as ProblemDocument: problem.title
    default: "the ledger does not answer"
    }
  }

  /// Files are read and written where nothing else waits.
  private static func aside<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try work() }) }
    }
  }
}
