package import Delivery
package import Routing

/// The lines of the record about an episode, chained: each line's digest covers the one before it.
///
/// Guarantee: pure. A line that was altered, left out, added or moved after the document was made changes every digest from
/// there on, and a later document about the same episode begins with the same digests. It says nothing of the time before
/// the document was made: the ledger itself keeps no chain.
package struct EpisodeProof: Sendable {
  package struct Line: Sendable, Equatable {
    package let entry: AuditEntry
    /// The digest of the event that the line says was accepted; empty where it says nothing of the kind.
    package let event: String
    package let digest: String
  }

  package let start: String
  package let lines: [Line]

  /// `events`: the digests of events as they were accepted, by id.
  package init(of reference: String, _ entries: [AuditEntry], events: [String: String]) {
    start = EpisodeProof.start(of: reference)
    var last = start
    lines = entries.map { entry in
      let event = entry.kind == "accepted" ? events[entry.identifier] ?? "" : ""
      last = EpisodeProof.digest(after: last, entry, event)
      return Line(entry: entry, event: event, digest: last)
    }
  }

  /// Stands for the whole: whoever has it twice can tell that the two documents say the same.
  package var final: String { lines.last?.digest ?? start }

  private static func start(of reference: String) -> String {
    Identifiers.digest(Array("waypost-episode-1\n\(reference)".utf8))
  }

  private static func digest(after last: String, _ entry: AuditEntry, _ event: String) -> String {
    let parts = [last, "\(entry.sequence)", entry.at.rfc3339, entry.kind, entry.identifier, event, entry.detail]
    return Identifiers.digest(Array(parts.joined(separator: "\n").utf8))
  }

  /// How the digests are worked out, for whoever checks them.
  package static let method =
    "The first digest is the SHA-256 of `waypost-episode-1`, a line feed and the reference. Each line's digest is the "
    + "SHA-256 of seven texts with a line feed between them: the digest before it, the line's sequence, at, kind, "
    + "identifier, event and detail. All texts are UTF-8, digests are hexadecimal in small letters."

  /// How a sender can tell that an event is the one that it sent.
  package static let eventMethod =
    "An event's digest is the SHA-256 of the JSON document that its sender posted, written in UTF-8 without white space, "
    + "with the members of every object sorted by name, whole numbers without a fraction, and nothing escaped in texts "
    + "but quotation marks, backslashes and control characters (\\u00xx). What time set off has none."

  package static let proves =
    "It proves that nothing in this document's lines has been altered, left out or put in since the document was made, as "
    + "long as the last digest is known from elsewhere, such as the printed copy. It does not prove that the record was "
    + "whole before: the ledger keeps no chain of its own yet, and whoever could write to its file could have changed it "
    + "without a trace here. Receipts say what another system or person said, and prove no more than each names."

  package var document: JSONValue {
    [
      "method": .string(EpisodeProof.method), "eventMethod": .string(EpisodeProof.eventMethod),
      "proves": .string(EpisodeProof.proves), "start": .string(start), "final": .string(final),
      "lines": .array(
        lines.map { line in
          [
            "sequence": .number(Double(line.entry.sequence)), "at": .string(line.entry.at.rfc3339),
            "kind": .string(line.entry.kind), "identifier": .string(line.entry.identifier),
            "event": .string(line.event), "detail": .string(line.entry.detail), "digest": .string(line.digest),
          ]
        }),
    ]
  }

  package enum Verdict: Sendable, Equatable {
    /// Whole, with its last digest.
    case whole(String)
    /// The first line whose digest does not follow from what stands there.
    case broken(at: Int64)
    /// No proof of ours.
    case unreadable
  }

  /// Checks a proof as `document` writes it.
  package static func check(_ document: JSONValue, of reference: String) -> Verdict {
    guard let lines = document["lines"]?.items, let final = document["final"]?.text else { return .unreadable }
    var last = start(of: reference)
    for line in lines {
      guard case .number(let number)? = line["sequence"], let sequence = Int64(exactly: number),
        let at = line["at"]?.text.flatMap(Instant.init(rfc3339:)), let kind = line["kind"]?.text,
        let identifier = line["identifier"]?.text, let event = line["event"]?.text, let detail = line["detail"]?.text
      else { return .unreadable }
      let entry = AuditEntry(sequence: sequence, at: at, kind: kind, identifier: identifier, detail: detail)
      last = digest(after: last, entry, event)
      guard line["digest"]?.text == last else { return .broken(at: sequence) }
    }
    return last == final ? .whole(last) : .unreadable
  }
}
