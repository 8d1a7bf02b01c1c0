import CCurl
import Delivery
import Foundation

/// Keeps one easy handle within its `HTTPReach`. Lives on the loop's thread, and as long as the handle.
///
/// Guarantee: with `.publicAddress` nothing is sent to, and no connection made to, an address that is not public. The
/// address is judged when its socket is opened, and again before the request, because a kept connection opens none; no
/// name is looked up in between.
final class ReachGuard {
  private var reach = HTTPReach.environment
  /// An address was refused; another of the same host was tried.
  private var isRefused = false
  private var isTried = false

  /// Watches over what the handle does next. No proxy stands between the guard and the host.
  func begin(_ reach: HTTPReach, on easy: UnsafeMutableRawPointer) {
    (self.reach, isRefused, isTried) = (reach, false, false)
    guard reach != .environment else { return }
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = wp_easy_text(easy, CURLOPT_PROXY, "")
    _ = wp_easy_pointer(easy, CURLOPT_OPENSOCKETDATA, context)
    _ = wp_easy_open_socket(easy) { context, _, address in
      guard let context, let address else { return CURL_SOCKET_BAD }
      return Unmanaged<ReachGuard>.fromOpaque(context).takeUnretainedValue().open(address)
    }
    _ = wp_easy_pointer(easy, CURLOPT_PREREQDATA, context)
    _ = wp_easy_before_request(easy) { context, address, _, _, _ in
      guard let context, let address else { return CURL_PREREQFUNC_ABORT }
      let guarding = Unmanaged<ReachGuard>.fromOpaque(context).takeUnretainedValue()
      return guarding.admits(AddressGuard.isPublic(String(cString: address)))
        ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
  }

  private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    var count = 0
    let bytes = wp_address_bytes(address, &count).map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? []
    guard admits(AddressGuard.isPublic(bytes[...])) else { return CURL_SOCKET_BAD }
    isTried = true
    return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
  }

  private func admits(_ isPublic: Bool) -> Bool {
    if reach.admits(isPublic) { return true }
    isRefused = true
    return false
  }

  /// Why it failed. A host that has a public address too is only out of reach for now.
  func fault(_ result: CURLcode) -> Fault {
    isRefused && !isTried ? AddressGuard.refusal : CurlFault.fault(result)
  }
}

extension ClientCertificate {
  /// Shown by the handle's connections where the server asks for one.
  func show(on easy: UnsafeMutableRawPointer) {
    _ = wp_easy_text(easy, CURLOPT_SSLCERT, certificate)
    _ = wp_easy_text(easy, CURLOPT_SSLKEY, key)
  }
}
