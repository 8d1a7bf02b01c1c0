/// What signing in asks of a provider: a document that is read, and a form that is posted. Verified HTTPS, no redirects.
extension CurlLoop {
  /// Nil where there was no answer, or one of more than 1 MiB.
  package func document(_ url: String) async -> (status: Int, body: [UInt8])? {
    guard url.lowercased().hasPrefix("https://") else { return nil }
    return await answer(FetchRequest(url: url))
  }

  /// Posts `form` (`application/x-www-form-urlencoded`); `authorization` is that header. Nil as above.
  package func postForm(
    _ url: String, authorization: String?, form: String
  ) async -> (status: Int, body: [UInt8])? {
    guard url.lowercased().hasPrefix("https://") else { return nil }
    var request = FetchRequest(url: url)
    request.post = Array(form.utf8)
    request.headers =
      ["Content-Type: application/x-www-form-urlencoded", "Accept: application/json"]
      + (authorization.map { ["Authorization: \($0)"] } ?? [])
    return await answer(request)
  }

  private func answer(_ request: FetchRequest) async -> (status: Int, body: [UInt8])? {
    guard case .answered(let status, _, let body) = await fetch(request) else { return nil }
    return (status, body)
  }
}
