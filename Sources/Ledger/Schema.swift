import Delivery
import GRDB

/// The tables, as numbered migrations. A published migration is never edited; a change is a new one.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1-spine") { db in try db.execute(sql: spine) }
    migrator.registerMigration("2-memory") { db in try db.execute(sql: memory) }
    migrator.registerMigration("3-time") { db in try db.execute(sql: time) }
    migrator.registerMigration("4-receipts") { db in try db.execute(sql: receipts) }
    migrator.registerMigration("5-access") { db in try db.execute(sql: access) }
    migrator.registerMigration("6-people") { db in try db.execute(sql: people) }
    migrator.registerMigration("7-endpoints", migrate: endpoints)
    migrator.registerMigration("8-drills") { db in try db.execute(sql: drills) }
    migrator.registerMigration("9-probes") { db in try db.execute(sql: probes) }
    migrator.registerMigration("10-recipients") { db in try db.execute(sql: recipients) }
    migrator.registerMigration("11-board") { db in try db.execute(sql: board) }
    migrator.registerMigration("12-episodes") { db in try db.execute(sql: episodes) }
    migrator.registerMigration("14-duties") { db in try db.execute(sql: duties) }
    migrator.registerMigration("15-directory-changes") { db in try db.execute(sql: directoryChanges) }
    migrator.registerMigration("16-drafts") { db in try db.execute(sql: drafts) }
    return migrator
  }

  /// What the board lists, found in indices that hold all it asks for: of an episode's messages those first that are not
  /// confirmed, of episodes the open ones and those that ended lately, and of duties those that are owed. `suspected_at` is
  /// when a child was first thought to be missing, since the last end; `heard_at` when the last event came in.
  private static let board = """
    ALTER TABLE episodes ADD COLUMN suspected_at INTEGER;
    ALTER TABLE episodes ADD COLUMN heard_at INTEGER;
    UPDATE episodes SET
      heard_at = (SELECT max(learned_at) FROM events WHERE subject = reference AND type <> 'time.passed'),
      suspected_at = (SELECT min(time) FROM events WHERE subject = reference AND type IN ('missing.suspected',
        'missing.categorised', 'missing.disputed', 'missing.updated', 'child.located', 'child.presented',
        'referral.received', 'out-of-hours.contacted'));
    DROP INDEX notifications_of_episode;
    CREATE INDEX notifications_on_board ON notifications(
      episode, \(unconfirmed), agency, role, state, confirm, overdue, pressing, check_at, by_time);
    CREATE INDEX episodes_open ON episodes(
      reference, exercise, reported_at, last_report_at, last_end_at, json_extract(data, '$.episode.risk'))
      WHERE \(isOpen);
    CREATE INDEX episodes_suspected ON episodes(
      reference, exercise, suspected_at, heard_at, last_report_at, last_end_at, json_extract(data, '$.episode.risk'))
      WHERE \(isSuspected);
    CREATE INDEX episodes_ended ON episodes(last_end_at) WHERE \(hasEnded);
    CREATE INDEX duties_open ON duties(episode, state, overdue_at, agency, role) WHERE state IN ('open', 'overdue');
    """

  /// Whether a message has not come as far as it has to: 1 or 0. What no clock runs for and nobody was late with has
  /// passed its demand on to a later message. Part of an index: changed only together with it.
  static let unconfirmed = """
    (CASE state WHEN 'acknowledged' THEN 0 WHEN 'cancelled' THEN 0 WHEN 'superseded' THEN 0 \
    WHEN 'accepted' THEN confirm > 0 AND (check_at IS NOT NULL OR overdue = 1) \
    WHEN 'delivered' THEN confirm > 1 AND (check_at IS NOT NULL OR overdue = 1) \
    WHEN 'read' THEN confirm > 2 AND (check_at IS NOT NULL OR overdue = 1) ELSE 1 END)
    """
  /// Parts of indices too.
  static let isOpen = "reported_at IS NOT NULL AND (last_end_at IS NULL OR last_end_at < last_report_at)"
  /// Not reported, or not since it ended.
  static let isSuspected = """
    suspected_at IS NOT NULL AND (last_end_at IS NULL OR last_end_at < suspected_at) \
    AND (last_report_at IS NULL OR last_end_at >= last_report_at)
    """
  static let hasEnded = """
    last_end_at >= max(coalesce(last_report_at, suspected_at), coalesce(suspected_at, last_report_at))
    """

  /// What was said of a child, whatever the episode.
  private static let episodes = "CREATE INDEX events_of_child ON events(child);"

  /// Who has taken on a duty, and when each message first reached a stage: statistics over a year would otherwise read every
  /// receipt of it. Evidence of more is evidence of less.
  private static let duties = """
    CREATE TABLE duty_holders (
      duty TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, label TEXT NOT NULL, taken_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX duty_holders_of ON duty_holders(person);
    CREATE INDEX duties_owed ON duties(by_time) WHERE state IN ('open', 'overdue');
    CREATE INDEX duties_done ON duties(fulfilled_at) WHERE fulfilled_at IS NOT NULL;
    CREATE INDEX episodes_by_end ON episodes(last_end_at) WHERE reported_at IS NOT NULL;
    CREATE INDEX notifications_by_time ON notifications(created_at) WHERE exercise = 0;
    CREATE TABLE stages (
      notification INTEGER PRIMARY KEY, accepted INTEGER, delivered INTEGER, acknowledged INTEGER
    ) STRICT;
    INSERT INTO stages
      SELECT notifications.seq, min(at), min(CASE WHEN kind <> 'accepted' THEN at END),
        min(CASE WHEN kind IN ('acknowledged', 'action-stated') THEN at END)
      FROM receipts JOIN notifications ON notifications.id = receipts.notification
      WHERE kind IN ('accepted', 'delivered', 'read', 'acknowledged', 'action-stated') GROUP BY notifications.seq;
    CREATE TRIGGER stages_of_receipts AFTER INSERT ON receipts
    WHEN NEW.kind IN ('accepted', 'delivered', 'read', 'acknowledged', 'action-stated')
    BEGIN
      INSERT OR IGNORE INTO stages (notification) SELECT seq FROM notifications WHERE id = NEW.notification;
      UPDATE stages SET accepted = min(coalesce(accepted, NEW.at), NEW.at),
        delivered = CASE WHEN NEW.kind = 'accepted' THEN delivered
          ELSE min(coalesce(delivered, NEW.at), NEW.at) END,
        acknowledged = CASE WHEN NEW.kind IN ('acknowledged', 'action-stated')
          THEN min(coalesce(acknowledged, NEW.at), NEW.at) ELSE acknowledged END
      WHERE notification = (SELECT seq FROM notifications WHERE id = NEW.notification);
    END;
    """

  /// Changes of desks that people have proposed, with what others decided, and what the figures of agencies are found by.
  private static let directoryChanges = """
    CREATE TABLE directory_changes (
      number INTEGER PRIMARY KEY AUTOINCREMENT, agency TEXT NOT NULL, role TEXT NOT NULL, before TEXT NOT NULL,
      after TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, proposed_by TEXT NOT NULL, proposer TEXT NOT NULL,
      proposed_at INTEGER NOT NULL, decided_by TEXT, decider TEXT, decided_at INTEGER, decision TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX directory_changes_by_state ON directory_changes(state, number);
    CREATE UNIQUE INDEX directory_changes_open ON directory_changes(agency, role) WHERE state = 'proposed';
    CREATE INDEX agencies_open ON notifications(agency, role, exercise) WHERE open = 1;
    CREATE INDEX agencies_held ON notifications(agency, role, exercise) WHERE state = 'held';
    CREATE INDEX receipts_acknowledged ON receipts(at, notification) WHERE kind IN ('acknowledged', 'action-stated');
    """

  /// Reports of missing children while they are written, and then the link to their event. `data` are a child's data, and
  /// `likeness` (SHA-256) says by what a child is known again to the same reporters.
  private static let drafts = """
    CREATE TABLE drafts (
      id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, data TEXT NOT NULL, made_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL, event TEXT, sent_at INTEGER, child TEXT, reporters TEXT, likeness TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX drafts_of_person ON drafts(person, made_at);
    CREATE INDEX drafts_unsent ON drafts(changed_at) WHERE event IS NULL;
    CREATE INDEX drafts_of_child ON drafts(reporters, likeness, sent_at) WHERE likeness IS NOT NULL;
    """

  /// What probes found. Agency, role and contact are empty for what many desks share; `round` is when the round of the
  /// schedule began that a result belongs to.
  private static let probes = """
    CREATE TABLE probes (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, agency TEXT NOT NULL, role TEXT NOT NULL,
      contact TEXT NOT NULL, channel TEXT NOT NULL, place TEXT NOT NULL, desks INTEGER NOT NULL, round INTEGER,
      result TEXT NOT NULL, words TEXT NOT NULL, tls TEXT, certificate_days INTEGER, seal_days INTEGER,
      milliseconds INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX probes_of_target ON probes(channel, place, kind, agency, role, contact, seq);
    CREATE INDEX probes_by_round ON probes(round) WHERE round IS NOT NULL;
    """

  /// Every message to a desk has a number. `heartbeat_at` is when the desk's system was last sent its highest.
  private static let recipients = """
    CREATE TABLE recipients (
      agency TEXT NOT NULL, role TEXT NOT NULL, highest INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL,
      PRIMARY KEY (agency, role)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE notifications ADD COLUMN number INTEGER;
    CREATE UNIQUE INDEX notifications_by_number ON notifications(agency, role, number) WHERE number IS NOT NULL;
    CREATE INDEX notifications_unnumbered ON notifications(agency, role, seq) WHERE number IS NULL AND open = 1;
    """

  /// Who may sign in, who is signed in, and who is on the way. Tokens and states stand here as SHA-256 only.
  private static let people = """
    CREATE TABLE people (
      id TEXT NOT NULL PRIMARY KEY, provider TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL UNIQUE,
      roles TEXT NOT NULL, agencies TEXT NOT NULL, passphrase TEXT, created_at INTEGER NOT NULL, ended_at INTEGER,
      UNIQUE (provider, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
      token TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, begun_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_of ON sessions(person);
    CREATE TABLE sign_ins (
      state TEXT NOT NULL PRIMARY KEY, browser TEXT NOT NULL, provider TEXT NOT NULL, next TEXT NOT NULL,
      made_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sign_ins_by_age ON sign_ins(made_at);
    """

  /// Senders may have several credentials, each with an end; what an agency was told is found by the agency.
  private static let access = """
    CREATE TABLE credentials (
      kind TEXT NOT NULL, identifier TEXT NOT NULL, sender TEXT NOT NULL, label TEXT NOT NULL,
      created_at INTEGER NOT NULL, ends_at INTEGER, PRIMARY KEY (kind, identifier)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX credentials_of ON credentials(sender);
    INSERT INTO credentials (kind, identifier, sender, label, created_at)
      SELECT 'key', key_hash, name, 'key-' || substr(key_hash, 1, 8), created_at FROM senders WHERE revoked_at IS NULL;
    CREATE TABLE senders_now (
      name TEXT NOT NULL PRIMARY KEY, authorities TEXT NOT NULL, types TEXT NOT NULL, agencies TEXT NOT NULL,
      created_at INTEGER NOT NULL, revoked_at INTEGER
    ) STRICT, WITHOUT ROWID;
    INSERT INTO senders_now SELECT name, authorities, types, agencies, created_at, revoked_at FROM senders;
    DROP TABLE senders;
    ALTER TABLE senders_now RENAME TO senders;
    CREATE INDEX notifications_of_agency ON notifications(agency, seq);
    CREATE INDEX duties_of_agency ON duties(agency, seq);
    """

  /// What only drills have spoken of. Of what both have spoken of before, the real part counts.
  private static let drills = """
    ALTER TABLE children ADD COLUMN exercise INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE episodes ADD COLUMN exercise INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE child_aliases ADD COLUMN exercise INTEGER NOT NULL DEFAULT 0;
    CREATE TEMP TABLE marked AS SELECT child, subject,
      CASE WHEN json_valid(body) THEN coalesce(json_extract(body, '$.exercise'), 0) ELSE 0 END AS exercise FROM events;
    UPDATE children SET exercise = 1 WHERE id IN (SELECT child FROM marked GROUP BY child HAVING min(exercise) = 1);
    UPDATE episodes SET exercise = 1
      WHERE reference IN (SELECT subject FROM marked GROUP BY subject HAVING min(exercise) = 1);
    DROP TABLE marked;
    CREATE INDEX drills ON notifications(created_at) WHERE exercise = 1;
    """

  /// Why and since when an endpoint is switched off, what is remembered of those that fail, and a destination for each
  /// endpoint where there was one for each host.
  private static func endpoints(_ db: Database) throws {
    try db.execute(
      sql: """
        ALTER TABLE closed_destinations ADD COLUMN since INTEGER;
        ALTER TABLE closed_destinations ADD COLUMN reason TEXT NOT NULL DEFAULT 'it asked not to be called again';
        CREATE TABLE failing_endpoints (
          endpoint TEXT NOT NULL PRIMARY KEY, since INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """)
    let open = "SELECT seq, channels, channel_index FROM notifications WHERE open = 1 AND destination LIKE 'webhook:%'"
    for row in try Row.fetchAll(db, sql: open) {
      let channels = Packed.channels(row["channels"] as String)
      let index: Int = row["channel_index"]
      guard channels.indices.contains(index) else { continue }
      try db.execute(
        sql: "UPDATE notifications SET destination = ? WHERE seq = ?",
        arguments: [channels[index].destination, row["seq"] as Int64])
    }
  }

  /// One stream of receipts whatever the channel, counts of the mail that came back, and one-time codes.
  private static let receipts = """
    ALTER TABLE receipts RENAME TO receipts_before;
    CREATE TABLE receipts (
      seq INTEGER PRIMARY KEY, notification TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
      channel INTEGER, evidence TEXT NOT NULL, details TEXT NOT NULL, digest TEXT NOT NULL,
      UNIQUE (notification, digest)
    ) STRICT;
    INSERT INTO receipts (notification, at, kind, source, evidence, details, digest)
      SELECT notification, at, CASE kind WHEN 'promised' THEN 'action-stated' ELSE kind END,
        CASE kind WHEN 'accepted' THEN 'gateway' ELSE 'api' END, evidence, '', kind || ' ' || at
      FROM receipts_before ORDER BY at, kind;
    DROP TABLE receipts_before;
    ALTER TABLE notifications ADD COLUMN taken_channels INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX alarms_of ON alarms(identifier);
    CREATE INDEX call_desk ON notifications(seq) WHERE destination = 'manual';
    CREATE TABLE tallies (
      name TEXT NOT NULL PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE codes (
      notification TEXT NOT NULL, channel INTEGER NOT NULL, hash TEXT NOT NULL, made_at INTEGER NOT NULL,
      tries INTEGER NOT NULL, PRIMARY KEY (notification, channel)
    ) STRICT, WITHOUT ROWID;
    """

  /// Timers, duties that know when they are overdue, and notifications that know when they have to be confirmed. `about` is
  /// the duty that a reminder or a rung is about; `event` is empty for the calendar.
  private static let time = """
    CREATE TABLE timers (
      seq INTEGER PRIMARY KEY, subject TEXT NOT NULL, rule TEXT NOT NULL, pack TEXT NOT NULL, part TEXT NOT NULL,
      about TEXT NOT NULL, event TEXT NOT NULL, sender TEXT NOT NULL, started_at INTEGER NOT NULL,
      number INTEGER NOT NULL, due INTEGER NOT NULL, exercise INTEGER NOT NULL,
      UNIQUE (subject, rule, part, about)
    ) STRICT;
    CREATE INDEX timers_due ON timers(due, subject, rule, part);
    CREATE INDEX timers_of_event ON timers(event) WHERE event <> '';
    CREATE INDEX timers_of_duty ON timers(about) WHERE about <> '';
    ALTER TABLE duties ADD COLUMN overdue_at INTEGER;
    ALTER TABLE duties ADD COLUMN was_overdue INTEGER NOT NULL DEFAULT 0;
    UPDATE duties SET overdue_at = by_time, was_overdue = (state IN ('overdue', 'late'));
    DROP INDEX duty_deadlines;
    CREATE INDEX duty_deadlines ON duties(overdue_at) WHERE state = 'open' AND overdue_at IS NOT NULL;
    ALTER TABLE notifications ADD COLUMN within INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE notifications ADD COLUMN check_at INTEGER;
    ALTER TABLE notifications ADD COLUMN rung INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE notifications ADD COLUMN stand_ins TEXT NOT NULL DEFAULT '';
    UPDATE notifications SET check_at = overdue_at WHERE open = 1 AND overdue = 0;
    DROP INDEX notification_deadlines;
    CREATE INDEX notification_checks ON notifications(check_at) WHERE check_at IS NOT NULL;
    CREATE INDEX notifications_of_lane ON notifications(lane, seq);
    ALTER TABLE messages ADD COLUMN csv TEXT;
    ALTER TABLE senders ADD COLUMN agencies TEXT NOT NULL DEFAULT '';
    CREATE INDEX episodes_by_report ON episodes(reported_at) WHERE reported_at IS NOT NULL;
    """

  /// What an episode remembers of the rules that fired in it: when each first did.
  private static let memory = """
    ALTER TABLE episodes ADD COLUMN fired TEXT NOT NULL DEFAULT '';
    """

  private static let spine = """
    CREATE TABLE senders (
      name TEXT NOT NULL PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, authorities TEXT NOT NULL, types TEXT NOT NULL,
      created_at INTEGER NOT NULL, revoked_at INTEGER
    ) STRICT;
    CREATE TABLE children (
      id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL, version INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE child_aliases (
      source TEXT NOT NULL, alias TEXT NOT NULL, child TEXT NOT NULL, PRIMARY KEY (source, alias)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE episodes (
      reference TEXT NOT NULL PRIMARY KEY, child TEXT NOT NULL, data TEXT NOT NULL, version INTEGER NOT NULL,
      reported_at INTEGER, last_report_at INTEGER, last_end_at INTEGER
    ) STRICT;
    CREATE INDEX episodes_of_child ON episodes(child) WHERE reported_at IS NOT NULL;
    CREATE TABLE events (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, source_id TEXT NOT NULL,
      digest TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL, learned_at INTEGER NOT NULL,
      subject TEXT NOT NULL, child TEXT NOT NULL, sender TEXT NOT NULL, body TEXT NOT NULL, plan TEXT NOT NULL,
      warnings TEXT NOT NULL, notification_count INTEGER NOT NULL, UNIQUE (source, source_id)
    ) STRICT;
    CREATE INDEX events_of_subject ON events(subject);
    -- `due` drives first attempts, retries, expired leases and opening hours alike; it is null while an earlier message of
    -- the same lane is on its way, and once the notification is settled. `delay` lets pressing work go first and age.
    CREATE TABLE notifications (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, event_type TEXT NOT NULL,
      episode TEXT NOT NULL, sender TEXT NOT NULL, role TEXT NOT NULL, relation TEXT NOT NULL, agency TEXT, contact TEXT,
      lane TEXT NOT NULL, channels TEXT NOT NULL, destination TEXT NOT NULL, urgency INTEGER NOT NULL,
      pressing INTEGER NOT NULL, confirm INTEGER NOT NULL, by_time INTEGER, overdue_at INTEGER, not_before INTEGER,
      cites TEXT NOT NULL, exercise INTEGER NOT NULL, state TEXT NOT NULL, open INTEGER NOT NULL, due INTEGER,
      delay INTEGER NOT NULL, leased INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,
      attempts INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, channel_index INTEGER NOT NULL DEFAULT 0,
      closed_channels INTEGER NOT NULL DEFAULT 0, overdue INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
      released_at INTEGER, settled_at INTEGER
    ) STRICT;
    CREATE INDEX outbox_by_rank ON notifications(due + delay, due, destination) WHERE due IS NOT NULL;
    CREATE INDEX lanes ON notifications(lane, seq) WHERE open = 1;
    CREATE INDEX notification_deadlines ON notifications(overdue_at) WHERE open = 1 AND overdue = 0;
    CREATE INDEX notifications_of_event ON notifications(event);
    CREATE INDEX notifications_of_episode ON notifications(episode);
    -- What recipients get never changes, so it is kept apart from what does.
    CREATE TABLE messages (
      notification INTEGER PRIMARY KEY, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE attempts (
      notification TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, milliseconds INTEGER NOT NULL,
      channel TEXT NOT NULL, result TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (notification, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE receipts (
      notification TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, evidence TEXT NOT NULL,
      PRIMARY KEY (notification, at, kind)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE duties (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, episode TEXT NOT NULL, sender TEXT NOT NULL,
      name TEXT NOT NULL, role TEXT NOT NULL, relation TEXT NOT NULL, agency TEXT, by_time INTEGER, target INTEGER,
      fulfilled_by TEXT NOT NULL, cites TEXT NOT NULL, state TEXT NOT NULL, fulfilled_at INTEGER
    ) STRICT;
    CREATE INDEX duties_of_episode ON duties(episode);
    CREATE INDEX duties_of_event ON duties(event);
    CREATE INDEX duty_deadlines ON duties(by_time) WHERE state = 'open' AND by_time IS NOT NULL;
    CREATE TABLE alarms (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, identifier TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE closed_destinations (
      endpoint TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL, notification TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, identifier TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_of ON audit(identifier);
    """
}
