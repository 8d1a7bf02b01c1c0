import Delivery

/// The places of the board, in the order of the way round.
package enum BoardArea: String, Sendable, CaseIterable {
  case board, desk, duties, report, agencies, protocols, statistics

  var path: String { "/\(rawValue)" }

  var words: String {
    switch self {
    case .board: "Board"
    case .desk: "Desk"
    case .duties: "Duties"
    case .report: "Report a missing child"
    case .agencies: "Agencies"
    case .protocols: "Protocols"
    case .statistics: "Statistics"
    }
  }

  /// What somebody needs to go there; nil: being signed in.
  var permission: Permission? {
    switch self {
    case .board, .desk, .duties, .statistics: .seeBoard
    case .report: .reportMissing
    case .agencies: .seeDirectory
    case .protocols: nil
    }
  }
}
