package import Delivery
import GRDB
import Routing

/// What the board lists: where every open episode stands, from indices alone, and the details of those on one page.
///
/// Guarantee: the cost follows what is open and unconfirmed, not what the ledger holds. Somebody limited to agencies is
/// counted and told what concerns these, by the one test of `Scope`.
extension SQLiteLedger: OpenEpisodes {
  package func openEpisodes(_ filter: OpenEpisodeFilter) async throws -> OpenEpisodeList {
    // Nobody's: SQLite has no plan for a condition that is never true where it is told which index to use.
    guard filter.scope != .only(sender: nil, agencies: []) else {
      return OpenEpisodeList(counts: EpisodeView.allCases.reduce(into: [:]) { $0[$1] = 0 }, episodes: [])
    }
    return try await read { db in
      let open = try Board(filter, .open, db).standings() + Board(filter, .suspected, db).standings()
      let ended = try Board(filter, .ended, db).standings().filter { $0.belongs(to: .ended) }
      var counts: [EpisodeView: Int] = [:]
      for view in EpisodeView.allCases { counts[view] = (open + ended).count { $0.belongs(to: view) } }
      let listed = (filter.view == .ended ? ended : open).filter { $0.belongs(to: filter.view) }
        .sorted { $0.comes(before: $1) }
      let page = listed.dropFirst(filter.offset).prefix(filter.limit)
      return OpenEpisodeList(counts: counts, episodes: try Self.details(of: Array(page), filter, db))
    }
  }

  package func alarms(before sequence: Int64?, limit: Int) async throws -> [AlarmRecord] {
    try await read { db in
      try db.rows("SELECT * FROM alarms WHERE seq < ? ORDER BY seq DESC LIMIT ?", [sequence ?? .max, limit])
        .compactMap(Self.alarm)
    }
  }

  /// A list as one value, JSON, so that the statement is the same however long it is.
  private static let isAmong = "IN (SELECT value FROM json_each(?))"

  /// How many recipients of a group have a message to look at.
  private static let named = 3

  private static func details(
    of page: [EpisodeStanding], _ filter: OpenEpisodeFilter, _ db: Database
  ) throws -> [OpenEpisode] {
    guard !page.isEmpty else { return [] }
    var episodes = page.map(OpenEpisode.init)
    let places = Dictionary(uniqueKeysWithValues: page.enumerated().map { ($1.reference, $0) })
    let (test, whose) = filter.scope.test() ?? ("1", [])
    let references = JSONValue.array(page.map { .string($0.reference) }).serialized
    let values: [(any DatabaseValueConvertible)?] = [references] + whose
    try groups(&episodes, places, filter, "episode \(isAmong) AND \(test)", values, db)
    let duties = try db.rows(
      """
      SELECT episode, id, name, role, agency, by_time, state FROM duties INDEXED BY duties_open
      WHERE episode \(isAmong) AND state IN ('open', 'overdue') AND \(test)
      ORDER BY state <> 'overdue', by_time IS NULL, by_time, seq
      """, values)
    for row in duties {
      guard let place = places[row[0]] else { continue }
      episodes[place].duties.append(
        OpenDuty(
          id: row[1], name: row[2], role: row[3], agency: row[4],
          by: (row[5] as Int64?).map { Instant(milliseconds: $0) }, isOverdue: row[6] == "overdue"))
    }
    if filter.namesChildren, filter.scope == .everything { try children(&episodes, places, references, db) }
    return episodes
  }

  /// To whom the messages of each episode go, and how far they have come.
  private static func groups(
    _ episodes: inout [OpenEpisode], _ places: [String: Int], _ filter: OpenEpisodeFilter, _ which: String,
    _ values: [(any DatabaseValueConvertible)?], _ db: Database
  ) throws {
    let unconfirmed = Schema.unconfirmed
    // By columns that no index has, and so asked for only where they matter: of what is not settled.
    let isUnsettled = "state IN ('queued', 'scheduled', 'deferred', 'held') OR state = 'accepted' AND \(unconfirmed)"
    let taken = "CASE WHEN \(isUnsettled) THEN taken_channels <> 0 ELSE 0 END"
    let call = "CASE WHEN \(isUnsettled) THEN destination = 'manual' AND attempts > 0 ELSE 0 END"
    let rows = try Row.fetchCursor(
      try db.cachedStatement(
        sql: """
          SELECT episode, \(unconfirmed), agency, role, state, count(*), min(seq), max(seq),
            coalesce(max(\(Board.isLate)), 0),
            sum(\(taken)), sum(\(call)), sum(CASE WHEN \(call) THEN \(taken) ELSE 0 END)
          FROM notifications INDEXED BY notifications_on_board WHERE \(which)
          GROUP BY episode, \(unconfirmed), agency, role, state
          """), arguments: StatementArguments([filter.now.milliseconds] + values))
    /// The newest message of a recipient, and where it is shown.
    var shown: [(seq: Int64, place: Int, group: TellGroup, recipient: Int)] = []
    var first: [Int: Int64] = [:]
    while let row = try rows.next() {
      guard let place = places[row[0]], let state = NotificationState(rawValue: row[4]) else { continue }
      let (isUnconfirmed, all): (Bool, Int) = (row[1], row[5])
      let (taken, calls, both): (Int, Int, Int) = (row[9], row[10], row[11])
      first[place] = min(first[place] ?? .max, row[6])
      let kinds = [
        (all - taken - calls + both, false, false), (taken - both, true, false), (calls - both, false, true),
        (both, true, true),
      ]
      for (count, isTaken, isCall) in kinds where count > 0 {
        let group = TellGroup(state, isTaken: isTaken, isUnconfirmed: isUnconfirmed, isCall: isCall)
        guard let group else { continue }
        var told = episodes[place].groups[group] ?? ToldGroup()
        told.messages += count
        var recipient = ToldRecipient(
          role: row[3], agency: row[2], isLate: isUnconfirmed && row[8], isToBeRung: isCall)
        if let last = told.recipients.last, last.role == recipient.role, last.agency == recipient.agency {
          // The same recipient's messages in another state of the same group.
          recipient.isLate = recipient.isLate || last.isLate
          recipient.isToBeRung = recipient.isToBeRung || last.isToBeRung
          told.recipients[told.recipients.count - 1] = recipient
        } else {
          told.recipients.append(recipient)
        }
        if isUnconfirmed, told.recipients.count <= named {
          shown.append((row[7], place, group, told.recipients.count - 1))
        }
        episodes[place].groups[group] = told
      }
    }
    let ids = try db.rows(
      "SELECT seq, id FROM notifications WHERE seq \(isAmong)",
      ["[\(shown.map { "\($0.seq)" }.joined(separator: ","))]"]
    ).reduce(into: [Int64: String]()) { $0[$1[0]] = $1[1] }
    for item in shown { episodes[item.place].groups[item.group]?.recipients[item.recipient].message = ids[item.seq] }
    guard filter.scope != .everything else { return }
    for (place, seq) in first {
      episodes[place].firstTold = try db.row("SELECT created_at FROM notifications WHERE seq = ?", [seq])?
        .instant("created_at")
    }
  }

  private static func children(
    _ episodes: inout [OpenEpisode], _ places: [String: Int], _ references: String, _ db: Database
  ) throws {
    let rows = try db.rows(
      """
      SELECT reference, json_extract(children.data, '$.name.given'), json_extract(children.data, '$.name.family'),
        json_extract(children.data, '$.dateOfBirth')
      FROM episodes JOIN children ON children.id = episodes.child WHERE reference \(isAmong)
      """, [references])
    for row in rows {
      guard let place = places[row[0]] else { continue }
      episodes[place].child = EpisodeChild(
        given: row[1], family: row[2], dateOfBirth: (row[3] as String?).flatMap { CivilDate($0) })
    }
  }
}

/// Where episodes stand: what is counted of each, by indices that hold all that is asked for.
private struct Board {
  enum Which { case open, suspected, ended }

  let filter: OpenEpisodeFilter
  let which: Which
  let db: Database

  init(_ filter: OpenEpisodeFilter, _ which: Which, _ db: Database) {
    self.filter = filter
    self.which = which
    self.db = db
  }

  /// Past its time, or never to be delivered: 1, or else 0 or null. One value: now.
  static let isLate = "(overdue OR by_time <= ? OR state IN ('failed', 'unroutable'))"

  /// The episodes, with an index that has them in it.
  private var episodes: String {
    switch which {
    case .open: "episodes AS e INDEXED BY episodes_open"
    case .suspected: "episodes AS e INDEXED BY episodes_suspected"
    case .ended: "episodes AS e INDEXED BY episodes_ended"
    }
  }
  private var isListed: String {
    switch which {
    case .open: Schema.isOpen
    case .suspected: Schema.isSuspected
    case .ended:
      "\(Schema.hasEnded) AND last_end_at > \(filter.now.advanced(bySeconds: -OpenEpisodeFilter.endedFor).milliseconds)"
    }
  }
  private var scope: (sql: String, values: [(any DatabaseValueConvertible)?]) { filter.scope.test() ?? ("1", []) }
  private var isLimited: Bool { filter.scope != .everything }

  func standings() throws -> [EpisodeStanding] {
    var found = try listed()
    let places = Dictionary(uniqueKeysWithValues: found.enumerated().map { ($1.reference, $0) })
    try messages { row in
      guard let place = places[row[0]] else { return }
      found[place].unconfirmed = row[1]
      found[place].late = row[2]
      found[place].pressingLate = row[3]
      found[place].note((row[4] as Int64?).map { Instant(milliseconds: $0) })
      found[place].note((row[5] as Int64?).map { Instant(milliseconds: $0) })
    }
    try duties { row in
      guard let place = places[row[0]] else { return }
      found[place].overdueDuties = row[1]
      found[place].note((row[2] as Int64?).map { Instant(milliseconds: $0) })
    }
    return found
  }

  private func each(
    _ sql: String, _ values: [(any DatabaseValueConvertible)?], _ body: (Row) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: sql), arguments: StatementArguments(values))
    while let row = try rows.next() { try body(row) }
  }

  private func listed() throws -> [EpisodeStanding] {
    // Of a limited reader's episodes those in which their agencies stand; the risk is not theirs to know. Of ended ones
    // those are left in the end in which something of theirs is not done.
    let concerned = """
      AND (EXISTS (SELECT 1 FROM notifications INDEXED BY notifications_on_board
            WHERE episode = e.reference AND \(Schema.unconfirmed) IN (0, 1) AND \(scope.sql))
        OR EXISTS (SELECT 1 FROM duties INDEXED BY duties_of_episode WHERE episode = e.reference AND \(scope.sql)))
      """
    let mustConcern = isLimited && which != .ended
    let (begun, heard) =
      switch which {
      case .open: ("reported_at", "NULL")
      case .suspected: ("suspected_at", "heard_at")
      case .ended: ("coalesce(reported_at, suspected_at)", "NULL")
      }
    let quiet = filter.now.advanced(bySeconds: -OpenEpisodeFilter.suspectedFor).milliseconds
    let risk = isLimited ? "NULL" : "json_extract(data, '$.episode.risk')"
    var found: [EpisodeStanding] = []
    try each(
      """
      SELECT reference, e.exercise, \(begun), \(risk), \(heard) FROM \(episodes)
      WHERE \(isListed) \(mustConcern ? concerned : "")
      """, mustConcern ? scope.values + scope.values : []
    ) { row in
      var standing = EpisodeStanding(
        reference: row[0], isExercise: row[1], begunAt: Instant(milliseconds: row[2]), hasEnded: which == .ended,
        risk: row[3])
      if which == .suspected {
        standing.isReported = false
        standing.isQuiet = (row[4] as Int64? ?? 0) <= quiet
      }
      found.append(standing)
    }
    return found
  }

  /// Reference, unconfirmed messages, late ones, pressing late ones, the next time by which one is due or looked at.
  private func messages(_ body: (Row) throws -> Void) throws {
    let now = filter.now.milliseconds
    try each(
      """
      SELECT reference, count(*), coalesce(sum(\(Self.isLate)), 0),
        coalesce(sum(CASE WHEN pressing THEN \(Self.isLate) END), 0),
        min(CASE WHEN by_time > ? THEN by_time END), min(CASE WHEN check_at > ? THEN check_at END)
      FROM \(episodes) CROSS JOIN notifications INDEXED BY notifications_on_board
        ON episode = reference AND \(Schema.unconfirmed) = 1
      WHERE \(isListed) AND \(scope.sql) GROUP BY reference
      """, [now, now, now, now] + scope.values, body)
  }

  /// Reference, overdue duties, when the next open one becomes overdue.
  private func duties(_ body: (Row) throws -> Void) throws {
    try each(
      """
      SELECT reference, sum(state = 'overdue'), min(CASE WHEN state = 'open' AND overdue_at > ? THEN overdue_at END)
      FROM \(episodes) CROSS JOIN duties INDEXED BY duties_open
        ON episode = reference AND state IN ('open', 'overdue')
      WHERE \(isListed) AND \(scope.sql) GROUP BY reference
      """, [filter.now.milliseconds] + scope.values, body)
  }
}
