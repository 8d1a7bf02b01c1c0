package import Delivery

extension CurlLoop {
  /// Posts to a gateway and gives its answer, whatever its status. Redirects are not followed.
  package func call(_ request: HTTPPost) async -> Result<(status: Int, body: [UInt8]), Fault> {
    var fetch = FetchRequest(url: request.url)
    fetch.post = request.body
    fetch.headers = request.headers
    switch await self.fetch(fetch) {
    case .answered(let status, _, let body): return .success((status, body))
    case .failed(let fault): return .failure(fault)
    }
  }
}
