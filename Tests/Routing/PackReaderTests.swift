import Foundation
import Routing
import TestKit
import Testing

@Suite struct PackReaderTests {
  /// Reads the Derby pack after one line of it has been changed.
  private func problems(replacing old: String, with new: String) throws -> [RouteProblem] {
    var texts = try Repository.texts()
    let index = try #require(texts.packs.firstIndex { $0.name.contains("derby-derbyshire-2019") })
    let pack = texts.packs[index]
    try #require(pack.text.contains(old))
    let range = try #require(pack.text.range(of: old))
    texts.packs[index] = RouteBook.File(
      name: pack.name, text: pack.text.replacingCharacters(in: range, with: new), hash: "")
    do {
      _ = try RouteBook(texts)
      return []
    } catch let found as RouteProblems { return found.problems }
  }

  @Test(arguments: [
    ("{role: iro, of: responsible}", "{role: iroo, of: responsible}", "no role is called `iroo`", "Did you mean `iro`"),
    (
      "event: missing.categorised", "event: missing.categorized", "no event is called",
      "Did you mean `missing.categorised`"
    ),
    ("episode.risk: high", "episode.risk: severe", "`episode.risk` is never `severe`", "Use one of"),
    ("child.lookedAfter: true", "child.lookedafter: true", "no fact is called", "Did you mean `child.lookedAfter`"),
    (
      "share: [status, identity", "share: [status, identiti", "no share group is called `identiti`",
      "Did you mean `identity`"
    ),
    ("duty: return-interview", "duty: return-interwiev", "no duty is called", "Did you mean `return-interview`"),
    ("urgency: prompt", "urgency: promt", "`urgency` is never `promt`", "Did you mean `prompt`"),
    ("by: {earlierOf: [PT72H, P3D]}", "by: {earlierOf: [PT72, P3D]}", "`PT72` is no span of time", "Write PT72H"),
    ("of: responsible", "of: responsable", "`of` is never `responsable`", "Did you mean `responsible`"),
  ])
  func aTypoIsRefusedWithPlaceAndRemedy(_ old: String, _ new: String, _ reason: String, _ remedy: String) throws {
    let found = try problems(replacing: old, with: new)
    let problem = try #require(found.first)
    #expect(problem.reason.contains(reason))
    #expect(problem.remedy.contains(remedy))
    #expect(problem.file.hasSuffix("pack.yaml"))
    #expect(problem.line > 0)
  }

  @Test func aDuplicateIdIsRefused() throws {
    let found = try problems(replacing: "id: dd24-4.1-999\n", with: "id: dd24-4.1-101\n")
    #expect(found.contains { $0.reason.contains("here a second time") && $0.remedy.contains("line") })
  }

  @Test func brokenYAMLIsRefusedWithItsLine() throws {
    let found = try problems(replacing: "rules:", with: "rules: [")
    #expect(found.first?.reason.contains("not YAML") == true)
  }

  @Test func allProblemsComeAtOnce() throws {
    var texts = try Repository.texts()
    texts.packs = texts.packs.map { file in
      RouteBook.File(
        name: file.name,
        text: file.text.replacingOccurrences(of: "urgency: prompt", with: "urgency: hurry")
          .replacingOccurrences(of: "event: child.returned", with: "event: child.back"), hash: "")
    }
    #expect(throws: RouteProblems.self) { try RouteBook(texts) }
    do { _ = try RouteBook(texts) } catch let found as RouteProblems { #expect(found.problems.count > 50) }
  }

  @Test func aDeskWithoutChannelOrWithPlainHTTPIsRefused() throws {
    var texts = try Repository.texts()
    texts.directory.append(
      RouteBook.File(
        name: "directory/extra.yaml",
        text: """
          agencies:
            - id: elsewhere
              kind: authority
              areas: [elsewhere]
              roles:
                iro: {desk: Nobody}
                childrens-services.front-door: {desk: Door, channels: [{webhook: "http://x.example/", secret: s}]}
          """, hash: ""))
    do {
      _ = try RouteBook(texts)
      Issue.record("the directory was taken")
    } catch let found as RouteProblems {
      #expect(found.problems.contains { $0.reason.contains("has no channel") })
      #expect(found.problems.contains { $0.reason.contains("has to be https") && $0.line == 7 })
    }
  }

  @Test func everySampleMailboxIsReserved() throws {
    for agency in try Repository.book.get().directory.agencies {
      for desk in agency.desks.values {
        for case .mail(let mail) in desk.channels { #expect(mail.address.hasSuffix(".example"), "\(agency.id)") }
        for case .webhook(let webhook) in desk.channels {
          #expect(webhook.url.contains(".example/"), "\(agency.id)")
        }
      }
    }
  }
}
