package import Routing

/// The vocabulary of the packs in plain English: events, facts, roles, places, shares and spans of time.
///
/// Guarantee: pure, and total: a word that has no entry here is said with its hyphens and capitals taken apart, so that a
/// vocabulary that grows is never silent.
package struct PlainWords: Sendable {
  package let vocabulary: Vocabulary
  private let headline: @Sendable (String) -> String?

  /// `headline` is what an event is about, as a sentence without a full stop.
  package init(vocabulary: Vocabulary, headline: @escaping @Sendable (String) -> String?) {
    self.vocabulary = vocabulary
    self.headline = headline
  }

  /// `a child has been reported missing`, to follow a `when`.
  func event(_ name: String) -> String { headline(name).map { $0.loweringFirst } ?? PlainWords.apart(name) }

  /// The same as a sentence of its own.
  func eventTitle(_ name: String) -> String { event(name).raisingFirst }

  // Who.

  /// `police control room`, `children's services social worker`.
  package static func role(_ name: String) -> String {
    if let words = roles[name] { return words }
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let owner = ["childrens-services": "children's services"][parts[0]] ?? apart(parts[0])
    return parts.count == 1 ? owner : "\(owner) \(apart(parts[1]))"
  }

  private static let roles = [
    "police.control-room": "police control room (101)", "police.emergency": "police emergency line (999)",
    "police.missing-unit": "police missing persons unit",
    "police.missing-coordinator": "police missing persons coordinator",
    "police.investigating-officer": "police officer in the case",
    "police.reviewing-officers": "police reviewing officers",
    "police.education-liaison": "police school alert desk", "police.case-system": "police case record",
    "childrens-services.out-of-hours": "children's services emergency duty team",
    "childrens-services.missing-inbox": "children's services mailbox for missing and found reports",
    "childrens-services.head-of-service": "children's services head of service",
    "childrens-services.director": "director of children's services",
    "childrens-services.missing-officer": "children's services missing children officer",
    "childrens-services.return-interviewer": "return interviewer",
    "childrens-services.fostering": "fostering team", "childrens-services.advocacy": "independent advocate",
    "childrens-services.youth-justice": "youth justice worker",
    "childrens-services.legal": "council's legal services",
    "childrens-services.communications": "council's communications team",
    "childrens-services.case-record": "child's record at children's services",
    "placing-authority": "missing lead of the authority that looks after the child",
    "placing-authority.assistant-director": "assistant director of the authority that looks after the child",
    "host-authority": "missing lead of the authority where the child lives",
    "other-authorities": "other local authorities", "iro": "independent reviewing officer",
    "health.safeguarding": "health safeguarding children service", "health.designated-nurse": "designated nurse",
    "health.providers": "GP, hospital and other health providers", "health.maternity": "maternity units",
    "school": "school office or head", "school.safeguarding-lead": "school's safeguarding lead",
    "education.welfare": "education welfare officer", "education.missing-education": "children missing education team",
    "education.admissions": "school admissions", "care.placement": "children's home, foster carer or other placement",
    "care.provider": "placement provider's management",
    "family.parents": "parents and others with parental responsibility",
    "family.reporter": "whoever reported the child", "family.child": "child",
    "national.missing-persons-unit": "UK missing persons unit", "national.exploitation": "CEOP",
    "national.referral-mechanism": "National Referral Mechanism",
    "national.borders": "border alerts, Interpol and immigration", "national.foreign-office": "Foreign Office",
    "national.media": "press and television", "national.helpline": "Missing People and other helplines",
    "national.agencies": "benefits and other central bodies",
    "partnership.monitoring-group": "missing persons monitoring group",
    "partnership.board": "safeguarding partnership", "partnership.corporate-parenting": "corporate parenting panel",
    "partnership.other-agencies": "other agencies involved with the child",
  ]

  /// The role with its place, where the place tells one from another: there is one national unit, and a child has one
  /// family, school and placement.
  static func who(_ role: String, _ category: String, _ place: String) -> String {
    ["national", "family", "care", "placing-host"].contains(category) || role.hasPrefix("school")
      ? self.role(role) : "\(self.role(role)), \(place)"
  }

  /// Whose, to follow a role.
  static func relation(_ relation: Relation) -> String {
    switch relation {
    case .area: "where the child lives"
    case .responsible: "of the authority that looks after the child"
    case .holding: "of the authority that holds the case"
    case .parties: "of each authority of the protocol"
    case .lastSeen: "where the child was last seen"
    case .foundIn: "where the child was found"
    case .destination: "of the area that the report names"
    }
  }

  /// `Derby`, `Central Bedfordshire`, `Stoke-on-Trent`.
  static func authority(_ slug: String) -> String {
    if slug.contains("-on-") || slug.contains("-upon-") {
      return slug.split(separator: "-").map { ["on", "upon"].contains($0) ? String($0) : String($0).raisingFirst }
        .joined(separator: "-")
    }
    return slug.split(separator: "-").map { ["and", "of", "the"].contains($0) ? String($0) : String($0).raisingFirst }
      .joined(separator: " ")
  }

  static func duty(_ name: String) -> String { duties[name] ?? apart(name) }

  private static let duties = [
    "safe-and-well": "safe and well check", "missing-meeting": "meeting while the child is missing",
    "intervention-meeting": "meeting after repeated episodes", "category-limit": "time limit of a category",
    "parent-update": "keep parents and carers up to date", "placement-notice": "notice of a placement",
    "record": "make the record", "risk-review": "look at the risk again", "plan-review": "review the plan",
    "file-review": "review the file", "core-group": "core group meeting",
  ]

  /// What a message may carry: `who the child is, the risk`.
  func shared(_ share: ShareSet) -> [String] {
    vocabulary.names(of: share).map { PlainWords.shares[$0] ?? PlainWords.apart($0) }
  }

  private static let shares = [
    "status": "where things stand", "identity": "who the child is", "description": "a description",
    "photograph": "a photograph", "circumstances": "the circumstances",
    "last-seen": "when and where the child was last seen", "risk": "the risk", "medical": "health",
    "associates": "people the child is with", "placement": "the placement", "history": "earlier episodes",
    "education": "school", "legal": "legal status", "plan": "plans and services",
    "interview-outcome": "what the return interview found", "contact-details": "addresses and people to contact",
  ]

  static func urgency(_ urgency: Urgency) -> String {
    switch urgency {
    case .immediate: "at once, day or night"
    case .prompt: "promptly"
    case .routine: "as routine"
    case .digest: "in a digest"
    }
  }

  static func confirmation(_ confirmation: Confirmation) -> String? {
    switch confirmation {
    case .accepted: nil
    case .delivered: "it has to be delivered"
    case .read: "it has to be opened"
    case .acknowledged: "a person has to acknowledge it"
    }
  }

  // When.

  /// By when: `at once`, `within 6 hours`, `by the end of the same day`.
  package static func within(_ span: Span) -> String {
    switch span {
    case .elapsed(seconds: 0): "at once"
    case .elapsed, .localDays, .localMonths, .workingDays: "within \(length(span))"
    case .startOfWorkingDay(1): "by 09:00 of the next working day"
    case .startOfWorkingDay(let count): "by 09:00 of working day \(count)"
    case .endOfDay: "by the end of the same day"
    case .nextTime: "by \(length(span))"
    case .earlierOf(let spans): "\(spans.map(within).joined(separator: " or ")), whichever is sooner"
    }
  }

  /// How long: `72 hours`, `3 days`, `5 working days`.
  static func length(_ span: Span) -> String {
    switch span {
    case .elapsed(let seconds):
      if seconds % 3600 == 0 { return TimeWords.plural(seconds / 3600, "hour") }
      return seconds % 60 == 0 ? TimeWords.plural(seconds / 60, "minute") : TimeWords.plural(seconds, "second")
    case .localDays(let count): return TimeWords.plural(Int64(count), "day")
    case .localMonths(let count):
      return count % 12 == 0 && count > 0
        ? TimeWords.plural(Int64(count / 12), "year") : TimeWords.plural(Int64(count), "month")
    case .workingDays(let count): return TimeWords.plural(Int64(count), "working day")
    case .startOfWorkingDay(let count): return "\(TimeWords.plural(Int64(count), "working day")), to 09:00"
    case .endOfDay: return "the rest of the day"
    case .nextTime(secondOfDay: 0), .nextTime(secondOfDay: 86400): return "the next midnight"
    case .nextTime(let second): return "the next \(clock(second))"
    case .earlierOf(let spans): return "the shorter of \(spans.map(length).joined(separator: " and "))"
    }
  }

  /// `every 5 days`, `every year`.
  static func every(_ span: Span) -> String {
    let length = length(span)
    return "every \(length.hasPrefix("1 ") ? String(length.dropFirst(2)) : length)"
  }

  static func clock(_ secondOfDay: Int) -> String {
    let minutes = secondOfDay / 60
    return "\(minutes / 60 < 10 ? "0" : "")\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
  }

  /// An instant that reports carry, to follow an `of` or an `after`.
  static func instant(_ path: [String]) -> String {
    instants[path.joined(separator: ".")] ?? apart(path.joined(separator: " "))
  }

  private static let instants = [
    "episode.lastSeen.at": "the time when the child was last seen",
    "episode.awaySince": "the time when the child went away",
    "episode.missingSince": "the time when the child went missing",
    "placement.startsAt": "the start that is planned for the placement",
    "placement.startedAt": "the start of the placement", "placement.endsAt": "the end of the placement",
    "interview.heldAt": "the return interview", "meeting.at": "the meeting",
  ]

  /// `no-apparent-risk` as `no apparent risk`, `awayNoticeHours` as `away notice hours`.
  static func apart(_ word: String) -> String {
    var words = ""
    for character in word {
      if character == "-" || character == "." {
        words.append(" ")
      } else if character.isUppercase {
        words += " \(character.lowercased())"
      } else {
        words.append(character)
      }
    }
    return words
  }

  /// `a, b and c`.
  static func listed(_ words: [String], _ last: String = "and") -> String {
    guard let end = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(last) \(end)"
  }
}

extension String {
  var raisingFirst: String { prefix(1).uppercased() + dropFirst() }
  var loweringFirst: String { prefix(1).lowercased() + dropFirst() }
}
