import Delivery

/// What is believed of an answer. Pure.
///
/// Guarantee: nothing is obeyed without a tag that this gateway made, and nothing that contradicts its own tag.
enum AnswerVerdict: Equatable {
  case report(ReceiptReport)
  /// A signed receipt for this message, still to be verified.
  case signedReceipt(AnswerTag)
  /// A person wrote about this notification, still to be authenticated.
  case reply(Reply, notification: String, tag: AnswerTag?, evidence: String)
  /// A program's courtesy: no receipt.
  case automatic
  /// Kept apart for people; why.
  case apart(Apart)

  enum Apart: String {
    /// It names nothing that was sent from here.
    case unmatched
    /// Its tag was not made here, or it contradicts itself.
    case forged
    case loop
    case malformed
  }

  static func of(_ read: ReadAnswer, _ key: AnswerKey) -> AnswerVerdict {
    switch read.answer {
    case .loop: return .apart(.loop)
    case .malformed: return .apart(.malformed)
    case .automatic: return .automatic
    case .reply(let reply):
      // A sealed mail shows no subject outside: the address that the reply goes to names the message then.
      let tag = read.tags.lazy.compactMap(key.read).first
      guard let reference = reply.references.first ?? tag?.notification else { return .apart(.unmatched) }
      return .reply(reply, notification: reference, tag: tag, evidence: read.evidence)
    case .delivery, .disposition, .signedReceipt: break
    }
    guard let first = read.tags.first else { return .apart(.unmatched) }
    guard let tag = key.read(tag: first), read.messageIDs.allSatisfy({ $0 == tag.notification }),
      read.tags.allSatisfy({ $0.hasPrefix(tag.notification) })
    else { return .apart(.forged) }
    switch read.answer {
    case .delivery(let report): return .report(report.receipt(for: tag, details: read.evidence))
    case .disposition(let report): return .report(report.receipt(for: tag, details: read.evidence))
    default: return .signedReceipt(tag)
    }
  }
}

extension DeliveryReport {
  /// A message goes to one mailbox; where that stands for several, one of them having it is enough, and one that waits is
  /// more than one that failed.
  func receipt(for tag: AnswerTag, details: String) -> ReceiptReport {
    let order: [RecipientReport.Action] = [.delivered, .delayed, .relayed, .expanded, .failed]
    let best = recipients.min { a, b in
      (order.firstIndex(of: a.action) ?? order.count) < (order.firstIndex(of: b.action) ?? order.count)
    }
    let kind: ReceiptKind =
      switch best?.action {
      case .delivered: .delivered
      case .delayed: .delayed
      case .failed: .failed
      case .relayed, .expanded, nil: .relayed
      }
    let words = [best?.action.rawValue, best?.status, best?.diagnostic].compactMap(\.self).joined(separator: " ")
    return ReceiptReport(
      notification: tag.notification,
      receipt: Receipt(kind, from: .deliveryReport, words, details: details, channel: tag.channel),
      status: best?.status)
  }
}

extension DispositionReport {
  /// Displayed is read; everything else only shows that it has come to the mailbox. Neither is an acknowledgement.
  func receipt(for tag: AnswerTag, details: String) -> ReceiptReport {
    let isRead = type == .displayed && !hasError
    let words = "\(type.rawValue), \(mode.rawValue), \(sending.rawValue)"
    return ReceiptReport(
      notification: tag.notification,
      receipt: Receipt(
        isRead ? .read : .delivered, from: .readReceipt, words, details: details, channel: tag.channel))
  }
}
