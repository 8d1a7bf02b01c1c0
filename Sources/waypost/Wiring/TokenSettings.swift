import Console
import Routing
import Yams

/// Issuers whose tokens are taken from senders. `tokens` holds one, or a list of them.
enum TokenSettings {
  private static let keys = ["issuer", "audience", "jwks", "tolerance"]

  /// Adds what is wrong to `problems`, with its line and the remedy.
  static func read(_ node: Node, _ file: String, _ problems: inout [RouteProblem]) -> [TokenIssuer] {
    SettingsRecord.read(node, of: "tokens", keys: keys, file, &problems).compactMap { record in
      // What is no number is out of range.
      let tolerance = record.texts["tolerance"].map { Int64($0) ?? -1 } ?? 60
      do throws(TokenIssuerProblem) {
        return try TokenIssuer(
          issuer: record["issuer"], audience: record["audience"], jwks: record["jwks"], tolerance: tolerance)
      } catch {
        problems.append(record.problem(file, "an issuer's \(error.reason)", error.remedy))
        return nil
      }
    }
  }
}
