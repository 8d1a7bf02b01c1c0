/// What the vocabulary's roles are called, everywhere on the board: the people behind a role have one name.
///
/// Guarantee: total. A role without an entry is said with its hyphens taken apart. Words begin in lower case, to stand in a
/// sentence; `raisingFirst` begins a heading or a list item.
package enum RoleWords {
  /// `police control room`, `children's services social worker`.
  package static func name(_ role: String) -> String {
    if let words = names[role] { return words }
    let parts = role.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let owner = ["childrens-services": "children's services"][parts[0]] ?? EnglishWords.apart(parts[0])
    return parts.count == 1 ? owner : "\(owner) \(EnglishWords.apart(parts[1]))"
  }

  private static let names = [
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
}
