import Console
import Foundation
import Routing
import Yams

/// What a gateway runs with: a YAML file, overridden by the command line.
struct Settings {
  var routes = "Routes"
  var data = ".waypost"
  var listen = "127.0.0.1:8080"
  /// The right-hand side of Message-IDs and the name the gateway greets mail servers with.
  var host = "waypost.example"
  var mail = Mail()
  var notify = Notify()
  var probe = Probing()
  var intake = Intake()
  /// Providers that people sign in with.
  var signIn: [SignInSettings] = []
  var trust: String?
  /// The server's own certificate and key.
  var certificate: String?
  var key: String?
  /// PEM file with the authorities whose client certificates are taken from senders.
  var clients: String?
  /// Where recipients reach the gateway's pages, for example `https://waypost.example`.
  var publicAddress: String?
  /// The folder with recipients' certificates, authorities and revocation lists for S/MIME.
  var certificates = "Certificates"
  /// The folder whose folders closed networks collect from; `drops` in the data folder when absent.
  var drops: String?
  var logLevel = "info"
  /// Issuers whose tokens are taken from senders.
  var tokens: [TokenIssuer] = []
  var limits = Limits()

  /// What each sender may ask for, and how long the door waits for anybody.
  struct Limits {
    var perSecond: String?
    var burst: String?
    /// Seconds for which a connection may say nothing, and in which a request's body has to arrive.
    var idle: String?
    var body: String?
  }

  struct Mail {
    var relay: String?
    var user: String?
    var passwordFile: String?
    var from: String?
    /// `yes`: mail goes to the recipients' own servers.
    var direct: String?
    /// HOST:PORT of a name server for direct delivery; the system's when absent.
    var resolver: String?
    /// The port of the recipients' servers, and of their policies; 25 and 443 but in tests.
    var port: String?
    var policyPort: String?
    /// The certificate that mail is signed with; its key is in `signingKey`, or in WAYPOST_SIGNING_KEY.
    var signing: String?
    var signingKey: String?
    /// `yes`: all mail is signed, not only what is encrypted too.
    var signAll: String?
    /// Where answers are collected: `imaps://host/INBOX` or `maildir:/path`.
    var answers: String?
    var answersUser: String?
    var answersPasswordFile: String?
    /// The name under which our own mail server writes Authentication-Results.
    var authority: String?
  }

  /// GOV.UK Notify.
  struct Notify {
    var keyFile: String?
    var callbackTokenFile: String?
    var url: String?
  }

  /// How channels are probed by themselves.
  struct Probing {
    /// A span such as PT6H, or `no`; every six hours when absent.
    var every: String?
    /// `yes`: marked tests are sent too.
    var messages: String?
  }

  /// Events that come as files.
  struct Intake {
    var folder: String?
    /// Whose limits hold for what comes there.
    var sender: String?
  }

  private typealias Text = WritableKeyPath<Settings, String> & Sendable
  private typealias OptionalText = WritableKeyPath<Settings, String?> & Sendable

  private static let plain: [String: any Text] = [
    "routes": \.routes, "data": \.data, "listen": \.listen, "host": \.host, "log": \.logLevel,
    "certificates": \.certificates,
  ]

  /// Keys by the group they stand in; the empty group is the file itself.
  private static let groups: [String: [String: any OptionalText]] = [
    "": [
      "trust": \.trust, "certificate": \.certificate, "key": \.key, "clients": \.clients,
      "public": \.publicAddress, "drops": \.drops,
    ],
    "mail": [
      "relay": \.mail.relay, "user": \.mail.user, "passwordFile": \.mail.passwordFile, "from": \.mail.from,
      "direct": \.mail.direct, "resolver": \.mail.resolver, "port": \.mail.port, "policyPort": \.mail.policyPort,
      "signing": \.mail.signing, "signingKey": \.mail.signingKey, "signAll": \.mail.signAll,
      "answers": \.mail.answers, "answersUser": \.mail.answersUser,
      "answersPasswordFile": \.mail.answersPasswordFile, "authority": \.mail.authority,
    ],
    "limits": [
      "perSecond": \.limits.perSecond, "burst": \.limits.burst, "idle": \.limits.idle, "body": \.limits.body,
    ],
    "notify": [
      "keyFile": \.notify.keyFile, "callbackTokenFile": \.notify.callbackTokenFile, "url": \.notify.url,
    ],
    "probe": ["every": \.probe.every, "messages": \.probe.messages],
    "intake": ["folder": \.intake.folder, "sender": \.intake.sender],
  ]

  /// Reads a file. Throws `RouteProblems` with file, line and remedy.
  static func read(_ path: String) throws -> Settings {
    guard let text = FileManager.default.contents(atPath: path).flatMap({ String(data: $0, encoding: .utf8) }) else {
      throw RouteProblems([
        RouteProblem(
          file: path, line: 0, reason: "the settings cannot be read", remedy: "Give their place with --config FILE")
      ])
    }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw RouteProblems([
        RouteProblem(file: path, line: 1, reason: "this is not YAML: \(error)", remedy: "Correct it")
      ])
    }
    var settings = Settings()
    var problems: [RouteProblem] = []
    for (keyNode, value) in root?.mapping ?? [:] {
      let key = keyNode.string ?? ""
      if let path = plain[key], let text = value.scalar?.string {
        settings[keyPath: path] = text
      } else if key == "tokens" {
        settings.tokens = TokenSettings.read(value, path, &problems)
      } else if key == "signIn" {
        settings.signIn = SignInSettings.read(value, path, &problems)
      } else if let group = groups[key], !key.isEmpty, let mapping = value.mapping {
        for (inner, value) in mapping where !settings.take(inner, value, group) {
          problems.append(problem(inner, path, "`\(key)` does not know this key", Array(group.keys)))
        }
      } else if !settings.take(keyNode, value, groups[""] ?? [:]) {
        let names =
          Array(plain.keys) + ["signIn", "tokens"]
          + groups.flatMap { $0.key.isEmpty ? Array($0.value.keys) : [$0.key] }
        problems.append(
          problem(keyNode, path, "the settings do not know `\(key)`, or its value has the wrong shape", names))
      }
    }
    guard problems.isEmpty else { throw RouteProblems(problems) }
    return settings
  }

  private mutating func take(_ key: Node, _ value: Node, _ group: [String: any OptionalText]) -> Bool {
    guard let path = group[key.string ?? ""], let text = value.scalar?.string else { return false }
    self[keyPath: path] = text
    return true
  }

  private static func problem(_ node: Node, _ file: String, _ reason: String, _ names: [String]) -> RouteProblem {
    RouteProblem(
      file: file, line: node.mark?.line ?? 0, reason: reason,
      remedy: "Use one of: \(names.sorted().joined(separator: ", "))")
  }
}

/// `HOST:PORT`, as `--listen` takes it.
struct ListenAddress: Equatable {
  let host: String
  let port: Int

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    guard !host.isEmpty else { return nil }
    self.host = host
    self.port = port
  }

  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
  var hostInURL: String { host.contains(":") ? "[\(host)]" : host }
}
