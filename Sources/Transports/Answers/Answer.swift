/// What a mail that came back is.
package enum Answer: Sendable {
  case delivery(DeliveryReport)
  case disposition(DispositionReport)
  /// A signed receipt (RFC 2634): the mail's bytes are for S/MIME to verify.
  case signedReceipt
  /// An absence note or another mail that a program wrote: never a receipt. The reason in words.
  case automatic(String)
  /// Written by a person.
  case reply(Reply)
  /// Waypost's own mail that came back to it, or a mail that has gone round in circles.
  case loop
  /// Says it is a report but cannot be read as one. The reason holds nothing of the mail's own text.
  case malformed(String)
}

package struct Reply: Sendable, Equatable {
  /// `local@domain`, the domain in small letters; nil unless there is exactly one author.
  package let from: String?
  /// With its encoded words decoded.
  package let subject: String
  /// The notification ids in the subject.
  package let references: [String]
  /// Every Authentication-Results field, topmost first. Only those of one's own server may be believed.
  package let authenticationResults: [String]
  /// It is in the form of a signed mail; nothing is verified.
  package let isSigned: Bool
}

/// An answer, and what joins it to a notification.
package struct ReadAnswer: Sendable {
  package let answer: Answer
  /// Texts in the form of a tag: first the report's envelope id, then the addresses of the mail, then what was returned.
  package let tags: [String]
  /// The ids of notifications whose Message-ID the answer names.
  package let messageIDs: [String]
  /// The header and the part for machines, printable ASCII and line feeds, at most 4,000 characters; never a text body,
  /// never anything of the mail that was returned.
  package let evidence: String
}
