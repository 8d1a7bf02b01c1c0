import Delivery

/// Something read from a server: a file over HTTPS, or what an IMAP command answers. Verified TLS always.
struct FetchRequest: Sendable {
  var url: String
  var user: String?
  var password: String?
  /// An IMAP command in the place of what the URL means.
  var command: String?
  /// Bytes that are read at most; more is a fault, or left unread where a part will do.
  var limit = 1 << 20
  var takesPart = false
  /// What is posted to a gateway; nil: something is read. Only then plain HTTP will do, since that is how a gateway on the
  /// same machine listens.
  var post: [UInt8]?
  var headers: [String] = []
  /// Where the name leads, as `host:port:address`.
  var place: String?
}

enum FetchAnswer: Sendable {
  /// `status` is HTTP's; 0 for IMAP.
  case answered(status: Int, type: String, body: [UInt8])
  case failed(Fault)
}
