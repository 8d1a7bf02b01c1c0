import Routing

/// What facts and their values are called, in conditions and on forms.
extension PlainWords {
  struct FactWord {
    /// Above a field.
    let label: String
    /// What is said when it is so: of a flag all of it, of everything else what the value follows.
    let yes: String
    /// The same when it is not so. Empty: `yes` is what it is about, and `is` or `is not` follows.
    let no: String
    init(_ label: String, _ yes: String, _ no: String = "") {
      self.label = label
      self.yes = yes
      self.no = no
    }
  }

  static func fact(_ name: String) -> FactWord {
    if let known = facts[name] { return known }
    let words = EnglishWords.apart(name.split(separator: ".").last.map(String.init) ?? name)
    return FactWord(words.raisingFirst, words, "not \(words)")
  }

  /// `no apparent risk`, `children's home`.
  static func value(_ word: String, of fact: String) -> String {
    values["\(fact) \(word)"] ?? values[word] ?? EnglishWords.apart(word)
  }

  private static let values = [
    "none": "none", "section-20": "accommodated by agreement (section 20)", "childrens-home": "children's home",
    "independent-foster": "foster care of an independent agency", "foster": "foster care",
    "semi-independent": "semi-independent home", "with-parents": "placed with parents", "secure": "secure home",
    "mat": "multi-agency team", "fgm-forced-marriage": "female genital mutilation or forced marriage",
    "medical": "health", "child.risks medical": "a health condition", "child.risks vulnerable": "vulnerability",
    "on-roll": "on a school's roll", "missing-education": "missing education", "home-educated": "taught at home",
    "not-school-age": "not of school age", "absent": "absent", "episode.risk unassessed": "not yet assessed",
    "episode.abroad no": "not suspected", "episode.abroad risk": "a risk", "known-to-go-missing": "known to go missing",
    "episode.locatedBy self": "the child", "remand": "on remand",
  ]

  private static let facts: [String: FactWord] = [
    "child.lookedAfter": FactWord("Looked after", "the child is looked after", "the child is not looked after"),
    "child.livesIn": FactWord("Where the child lives or is placed", "the child lives in", "the child does not live in"),
    "child.lookedAfterBy": FactWord(
      "Which authority looks after the child", "the child is looked after by", "the child is not looked after by"),
    "child.placedByOther": FactWord(
      "Placed here by another authority", "another authority has placed the child here",
      "no other authority has placed the child here"),
    "child.placedOutOfArea": FactWord(
      "Placed outside the area", "the child is placed outside the area of the protocol",
      "the child is not placed outside the area of the protocol"),
    "child.crossBoundary": FactWord(
      "Placed in another authority's area", "the child lives outside the area of the authority that looks after them",
      "the child lives in the area of the authority that looks after them, or nobody looks after them"),
    "child.legalStatus": FactWord("Legal status", "the legal status"),
    "child.careLeaver": FactWord("Care leaver", "the child is a care leaver", "the child is not a care leaver"),
    "child.placement.kind": FactWord("Kind of placement", "the kind of placement"),
    "child.placement.distant": FactWord("Placed far away", "the placement is distant", "the placement is not distant"),
    "child.placement.oneToOne": FactWord(
      "Supervised one to one", "the child is supervised one to one", "the child is not supervised one to one"),
    "child.placement.awayNoticeHours": FactWord(
      "Hours until the social worker hears, by the placement plan",
      "the hours that the placement plan gives for telling the social worker"),
    "child.openTo": FactWord("Open to these services", "the child is open to", "the child is not open to"),
    "child.protectionPlan": FactWord(
      "On a child protection plan", "the child is on a child protection plan",
      "the child is not on a child protection plan"),
    "child.section47": FactWord(
      "Subject of a section 47 enquiry", "there is a section 47 enquiry", "there is no section 47 enquiry"),
    "child.risks": FactWord("Known risks", "the known risks include", "the known risks do not include"),
    "child.uasc": FactWord(
      "Unaccompanied asylum-seeking child", "the child is an unaccompanied asylum-seeking child",
      "the child is not an unaccompanied asylum-seeking child"),
    "child.recentlyLookedAfter": FactWord(
      "Recently looked after", "the child was recently looked after", "the child was not recently looked after"),
    "child.disability": FactWord("Disabled", "the child is disabled", "the child is not known to be disabled"),
    "child.underCriminalOrder": FactWord(
      "Under a criminal order", "the child is under a criminal order", "the child is under no criminal order"),
    "child.nationality": FactWord("Nationality", "the nationality"),
    "child.age": FactWord("Age", "the child's age"),
    "child.unborn": FactWord(
      "Unborn baby or pregnant woman", "it is about an unborn baby or a pregnant woman",
      "it is not about an unborn baby"),
    "child.education": FactWord("Education", "the child is", "the child is not"),
    "child.contactParentsHarmful": FactWord(
      "Telling the parents may harm the child", "telling the parents may harm the child",
      "nothing speaks against telling the parents"),
    "episode.risk": FactWord("Risk that the police have set", "the risk"),
    "episode.reportedToPolice": FactWord(
      "The police know", "the police have a report", "the police have no report yet"),
    "episode.reportedBy": FactWord("Reported by", "the report came from", "the report did not come from"),
    "episode.whereabouts": FactWord("Whereabouts", "the whereabouts are", "the whereabouts are not"),
    "episode.immediateRisk": FactWord(
      "In immediate danger", "the child is in immediate danger", "the child is not in immediate danger"),
    "episode.significantConcern": FactWord(
      "Significant concern for safety", "there is significant concern for the child's safety",
      "there is no significant concern for the child's safety"),
    "episode.significantHarmSuspected": FactWord(
      "Significant harm suspected", "significant harm is suspected", "no significant harm is suspected"),
    "episode.withFamily": FactWord(
      "With family", "the child is with family", "the child is not known to be with family"),
    "episode.onActivity": FactWord(
      "Went missing on a trip", "the child went missing on a trip or activity", "it was not on a trip or activity"),
    "episode.abducted": FactWord("Abducted", "the child has been abducted", "no abduction is known"),
    "episode.contactable": FactWord("Can be contacted", "the child can be contacted", "the child cannot be contacted"),
    "episode.overnight": FactWord("Away overnight", "the child was away overnight", "the child was not away overnight"),
    "episode.abroad": FactWord("Abroad", "the child being abroad"),
    "episode.harmed": FactWord("Was harmed", "the child was harmed", "no harm to the child is known"),
    "episode.allegesCrime": FactWord("Alleges a crime", "the child alleges a crime", "the child alleges no crime"),
    "episode.sexualAbuse": FactWord("Sexual abuse", "there is sexual abuse", "no sexual abuse is known"),
    "episode.publicOrderRisk": FactWord(
      "Risk to public order", "there is a risk to public order", "there is no risk to public order"),
    "episode.returnUnsafe": FactWord(
      "Return would be unsafe", "going back would be unsafe", "nothing is known to make going back unsafe"),
    "episode.foundPlaceUnsuitable": FactWord(
      "Found in an unsuitable place", "the child was found in an unsuitable place",
      "the place where the child was found is not known to be unsuitable"),
    "episode.policeProtection": FactWord(
      "Grounds for police protection", "there are grounds for police protection",
      "there are no grounds for police protection"),
    "episode.lastSeen.in": FactWord(
      "Area where the child was last seen", "the child was last seen in", "the child was not last seen in"),
    "episode.foundIn": FactWord(
      "Area where the child was found", "the child was found in", "the child was not found in"),
    "episode.locatedBy": FactWord("Located by", "the child was located by", "the child was not located by"),
    "episode.consentToShare": FactWord(
      "Consent to share", "there is consent to share", "there is no consent to share"),
    "episode.sharingCritical": FactWord(
      "Sharing is critical", "sharing is critical for the child's safety", "sharing is not critical"),
    "episode.open": FactWord("Still open", "the episode is open", "the episode is over"),
    "episode.hoursOpen": FactWord("Hours since the report", "the hours since the report"),
    "episodes.total": FactWord("Episodes in all", "the number of episodes"),
    "episodes.last30Days": FactWord("Episodes in 30 days", "the number of episodes in 30 days"),
    "episodes.last90Days": FactWord("Episodes in 90 days", "the number of episodes in 90 days"),
    "check.concerns": FactWord(
      "The safe and well check found concerns", "the safe and well check found concerns",
      "the safe and well check found no concerns"),
    "check.frequentMissing": FactWord(
      "The check found that the child is often missing", "the child is often missing", "the child is not often missing"),
    "interview.requested": FactWord(
      "The child asks for a return interview", "the child asks for a return interview",
      "the child has not asked for a return interview"),
    "absence.schoolDays": FactWord("School days absent", "the number of school days absent"),
    "meeting.kind": FactWord("Kind of meeting", "the meeting"),
    "clock.officeHours": FactWord(
      "Office hours", "it is within the recipient's office hours", "it is outside the recipient's office hours"),
  ]
}
