import Routing

/// An episode as a message of the Common Alerting Protocol (OASIS CAP 1.2).
///
/// Guarantee: it says that a child is missing, found or not missing after all, since which hour and in the area of which
/// authority, and how urgent that is; every word is one of this file or of `OfficialArea` (decision 0018).
struct CommonAlert: Sendable {
  enum State: Sendable, CaseIterable { case missing, found, closed, withdrawn }

  static let namespace = "urn:oasis:names:tc:emergency:cap:1.2"
  /// For `Content-Type`. Feeds use it; IANA has registered none for a document by itself.
  static let mediaType = "application/cap+xml"

  let facts: AlertFacts
  let state: State
  let message: AlertSeries.Message
  let references: [AlertSeries.Message]
  /// The report of which it speaks.
  private let since: Instant

  /// Nil where there is nothing to tell: no child was reported missing, or news of the end came first.
  init?(_ facts: AlertFacts, at now: Instant) {
    let series = AlertSeries(facts, at: now)
    guard let latest = series.messages.last,
      let since = facts.reportedAt ?? facts.events.first(where: { $0.type == EpisodeHistory.report })?.time
    else { return nil }
    if facts.reportedAt == nil {
      state = .withdrawn
    } else if facts.isOpen {
      state = .missing
    } else {
      guard let ending = series.ending else { return nil }
      state = ending == "episode.closed" ? .closed : .found
    }
    references = series.superseded
    guard state == .missing || !references.isEmpty else { return nil }
    self.facts = facts
    self.since = since
    message = latest
  }

  var status: String { facts.isExercise ? "Exercise" : "Actual" }

  /// CAP 1.2, section 3.2.1.
  var messageType: String {
    if references.isEmpty { return "Alert" }
    return state == .missing ? "Update" : "Cancel"
  }

  /// CAP 1.2, section 3.2.2. A risk that nobody has assessed is taken for urgent, and not for low.
  var urgency: String {
    guard state == .missing else { return "Past" }
    return switch facts.risk {
    case "low", "no-apparent-risk", "absent": "Expected"
    default: "Immediate"
    }
  }

  var severity: String {
    guard state == .missing else { return "Unknown" }
    return switch facts.risk {
    case "high": "Severe"
    case "medium": "Moderate"
    case "low", "no-apparent-risk", "absent": "Minor"
    default: "Unknown"
    }
  }

  var certainty: String { state == .withdrawn ? "Unlikely" : "Observed" }

  var headline: String {
    let what =
      switch state {
      case .missing: "Missing child"
      case .found: "Missing child found"
      case .closed: "Missing child: report closed"
      case .withdrawn: "Missing child: report withdrawn"
      }
    return "\(facts.isExercise ? "EXERCISE. " : "")\(what), \(areaName)"
  }

  var description: String {
    let report = "reported missing in \(areaName) in the hour from \(hour), London time"
    return switch state {
    case .missing: "A child was \(report), and is missing."
    case .found: "A child was \(report), and has been found or is back."
    case .closed: "A child was \(report). The report has been closed."
    case .withdrawn: "A child was \(report). The report was wrong and has been withdrawn."
    }
  }

  private var areaName: String { facts.area?.name ?? "England" }

  /// The hour of the report. Minutes could be laid beside what somebody saw.
  private var hour: String {
    let reading = London.reading(at: since)
    let hours = reading.secondOfDay / 3600
    return "\(hours < 10 ? "0" : "")\(hours):00 on \(reading.date)"
  }

  /// The elements stand in the order that the schema demands.
  var xml: XMLTag {
    XMLTag(
      "alert", attributes: [("xmlns", CommonAlert.namespace)],
      [
        XMLTag("identifier", message.identifier), XMLTag("sender", facts.sender),
        XMLTag("sent", message.sent.interchange), XMLTag("status", status), XMLTag("msgType", messageType),
        XMLTag("source", "Waypost"), XMLTag("scope", "Restricted"),
        XMLTag(
          "restriction", "For the agencies that look for the child. Only the police decide what is made public."),
        facts.isExercise ? XMLTag("note", "Exercise: no child is missing.") : nil,
        references.isEmpty
          ? nil
          : XMLTag(
            "references",
            references.map { "\(facts.sender),\($0.identifier),\($0.sent.interchange)" }.joined(separator: " ")),
        XMLTag("incidents", facts.incident), info,
      ])
  }

  private var info: XMLTag {
    XMLTag(
      "info",
      [
        XMLTag("language", "en-GB"), XMLTag("category", "Safety"), XMLTag("category", "Rescue"),
        XMLTag("event", "Missing child"), XMLTag("responseType", state == .missing ? "Monitor" : "AllClear"),
        XMLTag("urgency", urgency), XMLTag("severity", severity), XMLTag("certainty", certainty),
        XMLTag("effective", message.sent.interchange), XMLTag("expires", message.expires.interchange),
        XMLTag("senderName", "Waypost, \(facts.gateway)"), XMLTag("headline", headline),
        XMLTag("description", description),
        XMLTag(
          "area",
          [
            XMLTag("areaDesc", areaName),
            facts.area.map { XMLTag("geocode", [XMLTag("valueName", "ONS"), XMLTag("value", $0.code)]) },
          ]),
      ])
  }
}
