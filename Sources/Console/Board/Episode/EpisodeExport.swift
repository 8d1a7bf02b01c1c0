import Delivery
import Routing

/// An episode to take away: the same as the page says, as JSON, and the proof for both.
extension EpisodePageValues {
  /// What the proof is about, for whoever reads it without the page.
  private var covers: String {
    isFull
      ? "It covers every line of the audit about this episode's events, messages and duties, but for who has looked at them"
        + (seesContent ? "." : ", and for what a line says of whom a message was passed on to.")
      : "It covers the lines of the audit about the messages and duties of the agencies that its reader answers for, but for "
        + "what people at the gateway did by hand, and for what a line says of who did it. There may be others."
  }

  /// For `episode-proof`.
  var proofValues: [String: Any] {
    [
      "proves": EpisodeProof.proves, "proofCovers": covers, "method": EpisodeProof.method,
      "eventMethod": EpisodeProof.eventMethod, "start": proof.start, "final": proof.final,
      "lineCount": TimeWords.plural(proof.lines.count, "line"),
      "lines": proof.lines.map { line -> [String: Any] in
        [
          "sequence": "\(line.entry.sequence)", "at": line.entry.at.rfc3339, "kind": line.entry.kind,
          // Lists in the audit are parted by a character that no paper shows.
          "detail": line.entry.detail.replacing("\u{1e}", with: ", "), "identifier": line.entry.identifier,
          "eventDigest": line.event.isEmpty ? [] : [line.event], "digest": line.digest,
        ]
      },
    ]
  }

  func document(madeFor label: String) -> JSONValue {
    var members: [String: JSONValue] = [
      "format": "waypost-episode-1", "madeAt": .string(now.rfc3339), "madeFor": .string(label),
      "covers": .string(covers), "exercise": .bool(account.isExercise), "reference": .string(account.reference),
      "messages": .array(account.notifications.map(document)), "duties": .array(account.duties.map(\.document)),
      "alarms": .array(
        account.alarms.map {
          [
            "at": .string($0.at.rfc3339), "kind": .string($0.alarm.kind.rawValue),
            "identifier": .string($0.alarm.identifier), "text": .string($0.alarm.text),
          ]
        }),
      "proof": proof.document,
    ]
    guard isFull else { return .object(members) }
    members["child"] = seesContent ? .optional(childWords) : nil
    members["risk"] = .optional(account.episodeData.at(["episode", "risk"])?.text)
    members["missingSince"] = .optional(account.episodeData.at(["episode", "missingSince"])?.text)
    members["reportedAt"] = .optional(account.reportedAt?.rfc3339)
    members["endedAt"] = account.isOpen ? .null : .optional(account.endedAt?.rfc3339)
    members["events"] = .array(account.events.map { document($0.record) })
    members["clocks"] = .array(
      account.timers.map { ["rule": .string($0.rule), "pack": .string($0.pack), "due": .string($0.due.rfc3339)] })
    if seesAudit {
      members["looks"] = .array(
        looks.map { ["at": .string($0.at.rfc3339), "kind": .string($0.kind), "detail": .string($0.detail)] })
    }
    return .object(members)
  }

  private func document(_ record: EventRecord) -> JSONValue {
    var members: [String: JSONValue] = ["digest": .string(record.digest), "sender": .string(record.sender)]
    if let why = reasons[record.id] {
      members["didNotFire"] = [
        "asRecorded": .bool(why.isSame),
        "rules": .array(
          why.misses.map { miss in
            let obstacles = seesContent ? JSONValue.array(miss.obstacles.map(JSONValue.string)) : .null
            return miss.citation.document.merged(with: ["says": .string(miss.says)]).merged(with: [
              "obstacles": obstacles
            ])
          }),
      ]
    }
    return record.summary.merged(with: .object(members))
  }

  private func document(_ record: NotificationRecord) -> JSONValue {
    let id = record.notification.id
    var members: [String: JSONValue] = [
      "receipts": .array(
        (account.receipts[id] ?? []).map { kept in
          kept.document.merged(with: [
            "evidence": .string(evidence(kept)), "proves": .string(ReceiptWords.proves(kept.receipt.kind)),
          ])
        }),
      "attempts": .array(
        (account.attempts[id] ?? []).map { attempt in
          seesContent || !families.contains(id)
            ? attempt.document : attempt.document.merged(with: ["words": .string("")])
        }),
      "contact": .string(contact(record, at: record.delivery.channelIndex)),
    ]
    if let ladder = ladder(record) {
      members["ladder"] = [
        "standing": .string(ladder.standing),
        "steps": .array(
          ladder.steps.map {
            ["contact": .string($0.whom), "channel": .string($0.channel), "fate": .string($0.fate.rawValue)]
          }),
      ]
    }
    return record.document.merged(with: .object(members))
  }
}
