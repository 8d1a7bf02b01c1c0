import Delivery
import Routing
import Yams

/// One provider that people sign in with. `signIn` holds one, or a list of them.
struct SignInSettings: Equatable {
  var name = ""
  /// Exactly what its tokens say as `iss`; `/.well-known/openid-configuration` is looked for below it.
  var issuer = ""
  var client = ""
  /// The file with the client's secret; none for a public client.
  var secretFile: String?
  /// What the sign-in page calls it.
  var label: String?

  private static let keys = ["client", "issuer", "label", "name", "secretFile"]

  /// Adds what is wrong to `problems`, with its line and the remedy.
  static func read(_ node: Node, _ file: String, _ problems: inout [RouteProblem]) -> [SignInSettings] {
    var found: [SignInSettings] = []
    for record in SettingsRecord.read(node, of: "signIn", keys: keys, file, &problems) {
      let provider = SignInSettings(
        name: record["name"], issuer: record["issuer"], client: record["client"],
        secretFile: record.texts["secretFile"], label: record.texts["label"])
      if !isName(provider.name) || found.contains(where: { $0.name == provider.name }) {
        problems.append(
          record.problem(
            file, "a provider's `name` is missing, taken, or no name",
            "Write small letters, digits and dashes, not `\(Person.local)`, and each name once"))
      }
      if !provider.issuer.hasPrefix("https://") {
        problems.append(
          record.problem(file, "`issuer` is no https address", "Write what the provider calls its issuer"))
      }
      if provider.client.isEmpty {
        problems.append(
          record.problem(file, "`client` is missing", "Write the client id that the provider gave"))
      }
      found.append(provider)
    }
    return found
  }

  private static func isName(_ text: String) -> Bool {
    text != Person.local && (1...40).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || $0 == UInt8(ascii: "-")
      }
  }
}
