package import Delivery
import Routing

/// The routes of a simulated world: the repository's directory and words, with a pack of its own that has every kind of
/// clock and of recipient in it. What the real packs say is proved by their cases.
package struct WorldRoutes: Sendable {
  package let usual: Routes
  /// What a reload brings: another version of the world's own pack, without one of its rules.
  package let changed: Routes

  /// Throws `RouteProblems`.
  package init(_ folder: RouteFolder) throws {
    usual = try WorldRoutes.routes(folder, WorldRoutes.pack + WorldRoutes.hourly)
    changed = try WorldRoutes.routes(folder, WorldRoutes.pack)
  }

  private static func routes(_ folder: RouteFolder, _ own: String) throws -> Routes {
    let renderer = try folder.routes(gateway: "waypost.example").renderer
    var texts = try folder.texts()
    texts.packs = [RouteBook.File(name: "world/pack.yaml", text: own, hash: Identifiers.digest(Array(own.utf8)))]
    texts.invariants = RouteBook.File(name: "invariants.yaml", text: "invariants: []\n", hash: "")
    return Routes(book: try RouteBook(texts), renderer: renderer)
  }

  private static let pack = """
    pack: world
    title: A world of clocks
    source: the simulation
    parties: [derby, derbyshire]
    scope: {any: [{child.livesIn: [derby, derbyshire]}, {child.lookedAfterBy: [derby, derbyshire]}]}
    gates:
      - {role: police.neighbourhood, section: "1", when: {episode.risk: high}}
    rules:
      - id: w-told
        section: "1"
        says: The missing unit hears at once and has to acknowledge.
        event: missing.reported
        share: [status, identity]
        urgency: immediate
        tell:
          - {role: police.missing-unit, confirm: acknowledged, within: PT20M}
          - {role: childrens-services.social-worker, confirm: acknowledged, within: PT45M}
      - id: w-news
        section: "1"
        says: The missing unit hears the news.
        event: [missing.updated, missing.categorised]
        share: [status]
        tell: [{role: police.missing-unit}, {role: childrens-services.social-worker}, {role: police.neighbourhood}]
      - id: w-found
        section: "1"
        says: Everybody who was told hears that the child is back.
        event: [child.found, child.returned]
        share: [status]
        tell: [{replay: episode}, {role: care.placement}]
      - id: w-review
        section: "2"
        says: The risk is looked at again.
        event: missing.categorised
        when: {episode.open: true}
        share: [status, identity]
        duty: risk-review
        holders: [{role: police.missing-unit}]
        by: PT6H
        remind: [PT2H, PT30M]
        else:
          - {after: PT0H, tell: [{role: police.duty-inspector}]}
          - {after: PT3H, tell: [{role: police.senior-command}]}
          - {after: P1D, tell: [{role: police.senior-command}, {role: childrens-services.director}], urgency: immediate}
        fulfilledBy: [missing.updated]
      - id: w-interview
        section: "3"
        says: The return interview is held.
        event: child.returned
        share: [status, identity]
        duty: return-interview
        holders: [{role: childrens-services.social-worker}]
        by: {earlierOf: [PT72H, P3D]}
        remind: [PT24H]
        else:
          - {after: PT1H, tell: [{role: childrens-services.team-manager}]}
          - {after: 1 working day, tell: [{role: childrens-services.service-manager}]}
          - {after: P5D, tell: [{role: childrens-services.director}]}
        fulfilledBy: [return-interview.completed, return-interview.refused]
      - id: w-three-days
        section: "4"
        says: The director hears after three days.
        after: PT72H
        of: missing.reported
        while: {episode.open: true}
        share: [status]
        tell: [{role: childrens-services.director, urgency: immediate}]
      - id: w-high
        section: "5"
        says: At high risk there is a review every six hours.
        every: PT6H
        of: missing.categorised
        where: {episode.risk: high}
        while: {episode.open: true}
        unless: [{event: missing.updated, where: {not: {episode.risk: high}}}]
        when: {episode.risk: high}
        share: [status]
        duty: risk-review
        holders: [{role: police.reviewing-officers}]
        by: PT1H
        tell: [{role: police.reviewing-officers}]
      - id: w-often
        section: "6"
        says: A second report within thirty days is passed on.
        count: missing.reported
        atLeast: 2
        within: P30D
        share: [status]
        tell: [{role: partnership.monitoring-group}]
      - id: w-before
        section: "7"
        says: The day before a placement starts the host hears.
        before: P1D
        of: placement.startsAt
        share: [status]
        tell: [{role: host-authority}]
      - id: w-list
        section: "8"
        says: The daily list.
        calendar: P1D
        parties: [derby]
        share: [status, history]
        urgency: digest
        tell: [{role: childrens-services.team-manager}]
      - id: w-return
        section: "8"
        says: The monthly return.
        calendar: P1M
        share: [status, history]
        urgency: digest
        tell: [{role: partnership.board}]
    """

  private static let hourly = """

      - id: w-hourly
        section: "9"
        says: Every five hours somebody looks.
        after: PT2H
        every: PT5H
        of: missing.reported
        while: {episode.open: true}
        share: [status]
        tell: [{role: police.control-room}]
    """
}
