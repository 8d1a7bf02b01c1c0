import Routing
import TestKit
import Testing

@Suite struct ConditionTests {
  private func facts(_ data: JSONValue) throws -> (Facts, Vocabulary) {
    let vocabulary = try Repository.book.get().vocabulary
    let situation = Situation(
      data, event: event("missing.reported", at: "2026-01-01T00:00:00Z", data), history: EpisodeHistory(),
      vocabulary: vocabulary)
    return (situation.facts, vocabulary)
  }

  @Test func whatNobodyStatedIsNeitherTrueNorFalse() throws {
    let (facts, vocabulary) = try facts(["child": ["id": "C"]])
    let age = Condition.number(slot: try #require(vocabulary.fact("child.age")).slot, .gte, 5)
    #expect(age.truth(facts) == .unknown)
    #expect(!age.holds(facts))
    #expect(!Condition.not(age).holds(facts))
    #expect(Condition.any([age, .always]).holds(facts))
    #expect(!Condition.all([age, .always]).holds(facts))
  }

  @Test func listsWithAnUnstatedWordTakeIt() throws {
    let (facts, vocabulary) = try facts(["child": ["id": "C"]])
    let risk = try #require(vocabulary.fact("episode.risk"))
    guard case .oneOf(let values) = risk.definition.domain, let unassessed = values.firstIndex(of: "unassessed") else {
      Issue.record("episode.risk has lost `unassessed`")
      return
    }
    #expect(facts[risk.slot] == .choice(UInt8(unassessed)))
    // Nobody looks after the child: the test fails and its negation holds.
    let placer = Condition.authority(slot: try #require(vocabulary.fact("child.lookedAfterBy")).slot, among: ["derby"])
    #expect(!placer.holds(facts))
    #expect(Condition.not(placer).holds(facts))
  }

  @Test func derivedFacts() throws {
    let (facts, vocabulary) = try facts([
      "child": ["id": "C", "livesIn": "derby", "lookedAfterBy": "nottingham", "dateOfBirth": "2012-01-02"]
    ])
    func value(_ name: String) throws -> FactValue { facts[try #require(vocabulary.fact(name)).slot] }
    #expect(try value("child.lookedAfter") == .flag(true))
    #expect(try value("child.crossBoundary") == .flag(true))
    #expect(try value("child.age") == .number(13))
    #expect(try value("episodes.total") == .number(1))
    #expect(try value("episode.open") == .flag(true))
  }

  @Test func everyDerivedFactIsInTheVocabulary() throws {
    let vocabulary = try Repository.book.get().vocabulary
    #expect(vocabulary.facts.count(where: \.isDerived) == 11)
  }
}
