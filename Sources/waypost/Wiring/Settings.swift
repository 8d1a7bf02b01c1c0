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
  var trust: String?
  var certificate: String?
  var key: String?
  var logLevel = "info"

  struct Mail {
    var relay: String?
    var user: String?
    var passwordFile: String?
    var from: String?
  }

  /// Reads a file. Throws `RouteProblems` with file, line and remedy.
  static func read(_ path: String) throws -> Settings {
    guard let text = FileManager.default.contents(atPath: path).flatMap({ String(data: $0, encoding: .utf8) }) else {
      throw RouteProblems([
        RouteProblem(
          file: path, line: 0, reason: "the settings cannot be read", remedy: "Give their place with --config FILE")
      ])
    }
    var settings = Settings()
    var problems: [RouteProblem] = []
    func report(_ node: Node?, _ reason: String, _ remedy: String) {
      problems.append(RouteProblem(file: path, line: node?.mark?.line ?? 0, reason: reason, remedy: remedy))
    }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw RouteProblems([
        RouteProblem(file: path, line: 1, reason: "this is not YAML: \(error)", remedy: "Correct it")
      ])
    }
    let known: [String: WritableKeyPath<Settings, String?>] = [
      "trust": \.trust, "certificate": \.certificate, "key": \.key,
    ]
    let plain: [String: WritableKeyPath<Settings, String>] = [
      "routes": \.routes, "data": \.data, "listen": \.listen, "host": \.host, "log": \.logLevel,
    ]
    let mail: [String: WritableKeyPath<Settings, String?>] = [
      "relay": \.mail.relay, "user": \.mail.user, "passwordFile": \.mail.passwordFile, "from": \.mail.from,
    ]
    for (keyNode, value) in root?.mapping ?? [:] {
      let key = keyNode.string ?? ""
      if let path = plain[key], let text = value.scalar?.string {
        settings[keyPath: path] = text
      } else if let path = known[key], let text = value.scalar?.string {
        settings[keyPath: path] = text
      } else if key == "mail", let mapping = value.mapping {
        for (inner, value) in mapping {
          guard let path = mail[inner.string ?? ""], let text = value.scalar?.string else {
            report(inner, "`mail` does not know this key", "Use one of: \(mail.keys.sorted().joined(separator: ", "))")
            continue
          }
          settings[keyPath: path] = text
        }
      } else {
        let names = (Array(plain.keys) + Array(known.keys) + ["mail"]).sorted().joined(separator: ", ")
        report(keyNode, "the settings do not know `\(key)`, or its value has the wrong shape", "Use one of: \(names)")
      }
    }
    guard problems.isEmpty else { throw RouteProblems(problems) }
    return settings
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
