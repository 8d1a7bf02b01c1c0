import Routing

/// One question of the report. Its name is the id of its control and the key of its answer.
struct ReportField: Sendable {
  enum Kind: Sendable {
    /// One line; what a mail address looks like is checked.
    case line, mail
    case text
    /// A day, and a time of London's clocks, as browsers send them.
    case date, moment
    case choice(Choice)
    /// Each option is an answer of its own, `yes` where it is ticked: `name-value`.
    case ticks([ReportOption])
  }
  /// Where the options come from.
  enum Choice: Sendable {
    case fixed([ReportOption])
    /// Authorities; with a word for no authority where none is an answer too.
    case authority(none: String?)
    case school
  }

  let name: String
  let label: String
  let hint: String
  let kind: Kind
  let isRequired: Bool

  init(_ name: String, _ label: String, _ kind: Kind = .line, hint: String = "", required: Bool = false) {
    self.name = name
    self.label = label
    self.hint = hint
    self.kind = kind
    isRequired = required
  }

  /// Longest answer, in characters: a page of them fits into one form.
  var longest: Int { if case .text = kind { 1000 } else { 200 } }

  /// The names under which answers to this come.
  var names: [String] {
    if case .ticks(let options) = kind { options.map { tick($0.value) } } else { [name] }
  }

  func tick(_ value: String) -> String { "\(name)-\(value)" }
}

struct ReportOption: Sendable, Equatable {
  let value: String
  let words: String
  init(_ value: String, _ words: String) {
    self.value = value
    self.words = words
  }

  /// An answer that is one of a list, though not of those offered.
  static let other = ReportOption("other", "Another authority")
  static let none = "none"
}

/// The parts of the report, in their order: the fields of the Essential Information form (pan-Bedfordshire, appendix 3), and
/// of Philomena's parts 2 (people and places) and 3 (what was done), with what the police need to know (Staffordshire 8.3
/// and 8.6, Derby 4.1, Liverpool's list). What no event can carry is not asked for.
enum ReportPart: String, Sendable, CaseIterable {
  case child
  case lastSeen = "last-seen"
  case appearance, health, people, done

  var title: String {
    switch self {
    case .child: "The child"
    case .lastSeen: "Last seen"
    case .appearance: "Appearance"
    case .health: "Health and risks"
    case .people: "People and places"
    case .done: "What has been done"
    }
  }

  /// Kept with the answers once the part has been saved: from then on it says what is missing.
  var mark: String { "part-\(rawValue)" }

  var next: ReportPart? {
    let all = ReportPart.allCases
    return all.firstIndex(of: self).flatMap { $0 + 1 < all.count ? all[$0 + 1] : nil }
  }

  var intro: String? {
    switch self {
    case .child: "If you do not know something, leave it empty and go on."
    case .lastSeen: nil
    case .appearance: "What would help somebody in the street to recognise the child. Everything here is optional."
    case .health: "What the police and health services have to know. Everything here is optional."
    case .people: "Where the child may be, and with whom. Everything here is optional."
    case .done: "The protocols ask you to look for the child first, unless there is immediate danger."
    }
  }

  var fields: [ReportField] {
    switch self {
    case .child: ReportPart.childFields
    case .lastSeen: ReportPart.lastSeenFields
    case .appearance: ReportPart.appearanceFields
    case .health: ReportPart.healthFields
    case .people: ReportPart.peopleFields
    case .done: ReportPart.doneFields
    }
  }

  /// Every name that an answer of the part can have.
  var names: [String] { fields.flatMap(\.names) }

  private static let childFields = [
    ReportField("given", "Given name", required: true),
    ReportField("family", "Family name", required: true),
    ReportField("knownAs", "Other names or nickname"),
    ReportField(
      "born", "Date of birth", .date, hint: "If you do not know it, say how old the child looks under Appearance."),
    ReportField(
      "sex", "Sex", .choice(.fixed([.init("female", "Female"), .init("male", "Male"), .init("other", "Other")]))),
    ReportField(
      "livesIn", "Local authority where the child lives", .choice(.authority(none: nil)),
      hint: "For a child in care: where the home or foster family is.", required: true),
    ReportField("livesInOther", "Name of another authority", hint: "Only if it is not in the list."),
    ReportField("home", "Address where the child lives"),
    ReportField(
      "lookedAfterBy", "Local authority that looks after the child",
      .choice(.authority(none: "None: the child is not in care, or I do not know")),
      hint: "For a child in care: the authority that placed the child.", required: true),
    ReportField(
      "lookedAfterByOther", "Name of another authority that looks after the child",
      hint: "Only if it is not in the list."),
    ReportField(
      "placement", "Kind of placement",
      .choice(
        .fixed([
          .init("childrens-home", "Children's home"), .init("foster", "Foster carers of the authority"),
          .init("independent-foster", "Foster carers of an agency"), .init("semi-independent", "Semi-independent"),
          .init("supported-accommodation", "Supported accommodation"), .init("with-parents", "With parents"),
          .init("secure", "Secure"), .init("other", "Other"),
        ])), hint: "For a child in care."),
    ReportField("home-name", "Name of the home or fostering agency", hint: "For a child in care."),
    ReportField(
      "legal", "Legal status",
      .choice(
        .fixed([
          .init("care-order", "Care order"), .init("interim-care-order", "Interim care order"),
          .init("section-20", "Accommodated under section 20"), .init("remand", "On remand"), .init("other", "Other"),
        ]))),
    ReportField("school", "School", .choice(.school)),
    ReportField(
      "is", "What else is so?",
      .ticks([
        .init("protectionPlan", "The child has a child protection plan"),
        .init("careLeaver", "The child has left care"),
        .init("uasc", "The child came to this country alone to seek asylum"),
        .init("oneToOne", "The placement gives one-to-one care"),
      ])),
  ]

  private static let lastSeenFields = [
    ReportField(
      "seenAt", "When was the child last seen?", .moment, hint: "Date and time in London, as near as you know.",
      required: true),
    ReportField("seenAtPlace", "Where was the child last seen?", required: true),
    ReportField(
      "seenIn", "Local authority of that place", .choice(.authority(none: nil)),
      hint: "Leave it open if it is not in the list."),
    ReportField("seenBy", "Who saw the child last, and who was with the child?"),
    ReportField(
      "happened", "What happened?", .text,
      hint:
        "How the child went, and anything that may be a reason: an argument, bullying, a message. Whoever is told of "
        + "the circumstances reads this, which can be the family and the school.", required: true),
    ReportField("meant", "What did the child mean to do, and when was the child to be back?"),
    ReportField(
      "usual", "Is this out of character?",
      .choice(
        .fixed([
          .init("no", "No, it has happened before"), .init("yes", "Yes, it is not like the child"),
          .init("differs", "It has happened before, but this time is different"),
        ]))),
    ReportField("usualWhy", "What is different from usual?"),
    ReportField(
      "whereabouts", "Do you know where the child is?",
      .choice(
        .fixed([
          .init("unknown", "No"), .init("suspected", "I think so, but it is not certain"), .init("known", "Yes"),
        ]))),
    ReportField(
      "now", "Which of these is so?",
      .ticks([
        .init("immediateRisk", "The child may be in immediate danger: ring 999 first"),
        .init("significantConcern", "I am seriously worried for the child's safety"),
        .init("withFamily", "The child is probably with relatives"),
        .init("abducted", "Somebody may have taken the child"),
        .init("onActivity", "It happened on a trip or an activity"),
        .init("contactable", "The child answers calls or messages"),
      ])),
  ]

  private static let appearanceFields = [
    ReportField("build", "Height, build, and how old the child looks"),
    ReportField("hair", "Hair, eyes, glasses"),
    ReportField("speech", "Ethnic appearance, accent, first language"),
    ReportField("marks", "Scars, tattoos, piercings, jewellery"),
    ReportField("wearing", "What was the child last seen wearing?", .text),
    ReportField(
      "taken", "What is missing or was taken along?", .text, hint: "Clothes, bags, cash, bank cards, phones, medicine."),
  ]

  private static let healthFields = [
    ReportField("conditions", "Health conditions and disabilities", .text, hint: "Also pregnancy."),
    ReportField(
      "medicine", "Medicine", .text,
      hint: "What the child needs, whether the child has it, and what happens without it."),
    ReportField("doctor", "Doctor or health centre"),
    ReportField(
      "vulnerable", "What makes the child vulnerable?", .text,
      hint: "Also drugs, alcohol, state of mind, violence, gangs, identity."),
    ReportField(
      "risks", "Which risks are known?",
      .ticks([
        .init("exploitation", "Sexual or criminal exploitation"), .init("trafficking", "Trafficking or modern slavery"),
        .init("fgm-forced-marriage", "Female genital mutilation or forced marriage"),
        .init("radicalisation", "Radicalisation"), .init("self-harm", "Self-harm or suicide"),
        .init("medical", "A medical condition"), .init("known-to-go-missing", "Has gone missing before"),
        .init("vulnerable", "Vulnerable in another way"),
      ])),
    ReportField(
      "also", "Which of these is so?",
      .ticks([
        .init("disability", "The child has a disability"),
        .init(
          "contactParentsHarmful",
          "Telling the parents could harm the child: a person then decides whether they are told"
        ),
      ])),
  ]

  private static let peopleFields = [
    ReportField("phone", "The child's phone", hint: "Number, make, network."),
    ReportField("accounts", "Social media and apps", hint: "Names of accounts, where you know them."),
    ReportField("friends", "Friends, associates and relatives", .text, hint: "Names, telephone numbers, addresses."),
    ReportField("places", "Places where the child often goes", .text, hint: "Addresses, and whose they are."),
    ReportField(
      "contacts", "Parents, social worker and other contacts", .text, hint: "Who they are, and how they are reached."),
    ReportField(
      "before", "Earlier times", .text, hint: "When, how long, where and with whom the child was found, any pattern."),
  ]

  private static let doneFields = [
    ReportField(
      "police", "Have the police been told?",
      .choice(.fixed([.init("yes", "Yes, the police have a report"), .init("no", "No, not yet")])),
      hint: "Ring 101 without delay once you think that the child is missing, and 999 in immediate danger.",
      required: true),
    ReportField("policeNumber", "Reference that the police gave you"),
    ReportField(
      "did", "What have you done to find the child?",
      .ticks([
        .init("room", "Searched the child's room and the building"),
        .init("outside", "Searched grounds, outbuildings and vehicles"),
        .init("asked", "Asked the people who live or work there"),
        .init("rang", "Rang or texted the child's phone"), .init("friends", "Asked friends and relatives"),
        .init("media", "Looked at social media"), .init("places", "Went to places where the child often goes"),
        .init("school", "Asked the school"),
      ])),
    ReportField("found", "What came of it?", .text, hint: "With times. Also what could not be done, and why."),
    ReportField("told", "Who else has been told?", hint: "For example the social worker, or the parents."),
    ReportField(
      "you", "You are",
      .choice(
        .fixed([
          .init("carer", "A carer"), .init("school", "The school"), .init("parent", "A parent"),
          .init("agency", "Another agency"), .init("other", "Somebody else"),
        ]))),
    ReportField(
      "ring", "Telephone number on which you can be reached",
      hint: "Whoever is told of the circumstances sees it, which can be the family and the school."),
    ReportField(
      "mail", "Your mail address", .mail, hint: "For a receipt that does not say who the child is."),
  ]
}
