import Routing

/// The three stories of the demo: invented children, reserved addresses.
enum DemoStory {
  struct Step {
    let at: String
    let type: String
    let data: JSONValue
  }
  struct Tale {
    let title: String
    let episode: String
    let steps: [Step]
  }

  static let all = [weekend, placedByNottingham, afterSchool]

  /// Looked after by Derbyshire, in a children's home; missing on Friday at 22:40, found on Sunday.
  private static let weekend = Tale(
    title: "A 14-year-old looked after by Derbyshire goes missing from a children's home on Friday at 22:40",
    episode: "EP-DEMO-1",
    steps: [
      Step(
        at: "2026-03-27T22:40:00Z", type: "missing.suspected",
        data: [
          "child": [
            "id": "CH-DEMO-1", "name": ["given": "Robin", "family": "Example"], "dateOfBirth": "2011-09-15",
            "livesIn": "derbyshire", "lookedAfterBy": "derbyshire", "legalStatus": "care-order",
            "placement": ["kind": "childrens-home", "name": "Maple House", "provider": "Maple House"],
            "openTo": ["social-care"], "risks": ["known-to-go-missing"], "education": "on-roll", "school": "urn:100002",
            "contacts": [
              ["role": "family.reporter", "name": "Shift leader", "email": "shift.leader@maple-house.example"],
              ["role": "family.parents", "name": "Parent", "email": "parent@family.example"],
              ["role": "family.child", "name": "Robin", "email": "robin@family.example"],
            ],
          ],
          "episode": [
            "risk": "unassessed", "reportedBy": "carer", "whereabouts": "unknown", "immediateRisk": false,
            "missingSince": "2026-03-27T22:15:00Z", "circumstances": "Left by the kitchen door after supper.",
            "lastSeen": ["at": "2026-03-27T22:15:00Z", "place": "the home", "in": "derbyshire"],
          ],
        ]),
      Step(
        at: "2026-03-27T22:50:00Z", type: "missing.reported", data: ["episode": ["reportedToPolice": true]]),
      Step(at: "2026-03-27T23:20:00Z", type: "missing.categorised", data: ["episode": ["risk": "medium"]]),
      Step(
        at: "2026-03-28T10:30:00Z", type: "missing.updated",
        data: ["episode": ["circumstances": "Seen by a friend at the bus station on Saturday morning."]]),
      Step(
        at: "2026-03-29T13:05:00Z", type: "child.found",
        data: [
          "episode": [
            "whereabouts": "known", "locatedBy": "police", "foundIn": "derby",
            "circumstances": "Found at a friend's house.",
          ]
        ]),
      Step(at: "2026-03-29T14:00:00Z", type: "child.returned", data: ["episode": ["whereabouts": "known"]]),
    ])

  /// Looked after by Nottingham and placed in Derby: the placing authority gets the host's alert, and Derby is told too.
  private static let placedByNottingham = Tale(
    title: "A child looked after by Nottingham and placed in Derby goes missing",
    episode: "EP-DEMO-2",
    steps: [
      Step(
        at: "2026-04-14T18:30:00Z", type: "missing.suspected",
        data: [
          "child": [
            "id": "CH-DEMO-2", "name": ["given": "Zażółć", "family": "Example"], "dateOfBirth": "2010-02-03",
            "livesIn": "derby", "lookedAfterBy": "nottingham", "legalStatus": "section-20",
            "placement": ["kind": "childrens-home", "name": "Cedar Lodge", "provider": "Cedar Lodge"],
            "openTo": ["social-care"], "education": "on-roll", "school": "urn:100001",
            "contacts": [
              ["role": "family.parents", "name": "Parent", "email": "parent@family.example"],
              ["role": "family.reporter", "name": "Shift leader", "email": "shift.leader@cedar-lodge.example"],
            ],
          ],
          "episode": ["risk": "unassessed", "reportedBy": "carer", "whereabouts": "unknown", "immediateRisk": false],
        ]),
      Step(at: "2026-04-14T18:45:00Z", type: "missing.reported", data: ["episode": ["reportedToPolice": true]]),
      Step(at: "2026-04-14T19:10:00Z", type: "missing.categorised", data: ["episode": ["risk": "high"]]),
    ])

  /// At home in Luton, not back after school on Friday; found on Saturday. The school is told on a Saturday too.
  private static let afterSchool = Tale(
    title: "A 12-year-old living at home in Luton does not come back after school",
    episode: "EP-DEMO-3",
    steps: [
      Step(
        at: "2026-04-24T17:20:00Z", type: "missing.reported",
        data: [
          "child": [
            "id": "CH-DEMO-3", "name": ["given": "Sam", "family": "Example"], "dateOfBirth": "2013-10-01",
            "livesIn": "luton", "education": "on-roll", "school": "urn:100003", "placement": ["kind": "none"],
            "contacts": [["role": "family.parents", "name": "Parent", "email": "parent@family.example"]],
          ],
          "episode": [
            "risk": "unassessed", "reportedToPolice": true, "reportedBy": "parent", "whereabouts": "unknown",
            "circumstances": "Did not come home after the last lesson.",
          ],
        ]),
      Step(
        at: "2026-04-25T09:40:00Z", type: "child.found",
        data: [
          "episode": ["whereabouts": "known", "locatedBy": "family", "circumstances": "Found with a cousin, well."]
        ]),
    ])
}
