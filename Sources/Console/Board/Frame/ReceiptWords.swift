import Delivery
import Routing

/// What receipts say, what they prove and where they come from. All begin in lower case.
enum ReceiptWords {
  static func name(_ kind: ReceiptKind) -> String {
    switch kind {
    case .queued: "kept"
    case .accepted: "taken"
    case .delivered: "delivered"
    case .read: "read"
    case .acknowledged: "acknowledged"
    case .actionStated: "said what they will do"
    case .relayed: "passed on"
    case .delayed: "delayed"
    case .failed: "failed"
    case .superseded: "answered late"
    }
  }

  /// What a receipt proves, and what not.
  static func proves(_ kind: ReceiptKind) -> String {
    switch kind {
    case .queued: "kept safely by this gateway; nothing has left"
    case .accepted: "the next system took it; not that it arrived"
    case .delivered: "it arrived; not that anybody saw it"
    case .read: "it was shown to somebody; not that they act on it"
    case .acknowledged: "somebody says that they have it and deal with it"
    case .actionStated: "what somebody says they will do"
    case .relayed: "a system that reports nothing has it; not that it arrived"
    case .delayed: "a system has it and cannot hand it on yet"
    case .failed: "it did not arrive this way"
    case .superseded: "somebody answered who had been passed over"
    }
  }

  static func name(_ source: ReceiptSource) -> String {
    switch source {
    case .gateway: "this gateway"
    case .smtp: "their mail server"
    case .webhook: "their system"
    case .drop: "their folder"
    case .notify: "GOV.UK Notify"
    case .desk: "the call desk"
    case .deliveryReport: "a mail server's report"
    case .readReceipt: "a mail program's read receipt"
    case .signedReceipt: "a signed receipt"
    case .page: "the page behind the link"
    case .reply: "a reply by mail"
    case .api: "a system over the API"
    case .console: "somebody at this gateway"
    }
  }

  /// Whether a person typed what the receipt says, who may have written of the child.
  static func isTyped(_ source: ReceiptSource) -> Bool {
    switch source {
    case .desk, .page, .reply, .api, .console: true
    case .gateway, .smtp, .webhook, .drop, .notify, .deliveryReport, .readReceipt, .signedReceipt: false
    }
  }
}
