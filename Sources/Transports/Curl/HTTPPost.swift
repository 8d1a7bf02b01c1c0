package import Delivery

/// One POST over HTTPS, or the OPTIONS that asks whether one may be made.
package struct HTTPPost: Sendable {
  package enum Method: Sendable { case post, options }

  package let url: String
  package let headers: [String]
  package let body: [UInt8]
  package var method = Method.post
  package var reach = HTTPReach.environment
  /// What the gateway shows as a client.
  package var client: ClientCertificate?
  /// Headers of the answer that are kept, in small letters.
  package var keptHeaders: Set<String> = []
  /// Bytes of the answer's body that are kept.
  package var keptBytes = 0

  package init(url: String, headers: [String], body: [UInt8]) {
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// Where a request may go.
package enum HTTPReach: Sendable {
  /// Wherever the name leads, over a proxy if the environment names one.
  case environment
  /// To the host itself, wherever it stands.
  case anyAddress
  /// To the host itself, and only if `AddressGuard` takes the very address that is connected to for a public one.
  case publicAddress

  init(isPrivate: Bool) { self = isPrivate ? .anyAddress : .publicAddress }

  func admits(_ isPublic: Bool) -> Bool { self != .publicAddress || isPublic }
}

/// Two PEM files, read when a connection is made.
package struct ClientCertificate: Hashable, Sendable {
  package let certificate: String
  package let key: String
  package init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }

  static func missing(_ name: String) -> Fault {
    Fault(.configuration, "there is no certificate and key of a client called \(name)")
  }
}

/// What came of it. Of the answer's headers and body nothing is kept but what was asked for, and nothing is logged.
package enum HTTPAnswer: Sendable, Equatable {
  package struct Kept: Sendable, Equatable {
    package var headers: [String: String] = [:]
    package var body: [UInt8] = []
  }
  /// `date`: when the other side says that it answered (RFC 9110 section 6.6.1).
  case answered(status: Int, retryAfter: String?, date: String? = nil, kept: Kept = Kept())
  case failed(Fault)
}
