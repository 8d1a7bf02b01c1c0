import Delivery

extension CurlLoop {
  /// Reads a small document over verified TLS: the keys of an issuer, say. Throws `Fault` when it cannot be had whole.
  package func document(at url: String, limit: Int = 1 << 20) async throws -> [UInt8] {
    switch await fetch(FetchRequest(url: url, limit: limit)) {
    case .answered(200, _, let body): return body
    case .answered(let status, _, _): throw Fault(.unavailable, "HTTP \(status)")
    case .failed(let fault): throw fault
    }
  }
}
