import Delivery
import HTTPTypes
import Hummingbird
import NIOCore
import Routing

/// What arrived, as a page for people and as JSON for scripts.
enum SinkPage {
  static func json(_ value: JSONValue) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serializedBytes)))
  }

  static func response(_ store: SinkStore) -> Response {
    let latest = store.arrivals(after: max(0, store.count - 200), limit: 200).reversed()
    let rows = latest.map { arrival in
      "<tr><td>\(arrival.sequence)</td><td>\(arrival.channel)</td><td>\(Markup.escaped(arrival.intended ?? ""))</td>"
        + "<td>\(Markup.escaped(arrival.id))</td><td>\(arrival.signature ?? "")</td><td>\(arrival.bytes)</td></tr>"
    }
    let page = """
      <!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Waypost sink</title>
      <style>body{font-family:sans-serif;margin:1em}td,th{text-align:left;padding:.2em .8em}</style></head>
      <body><h1>What arrived (\(store.count))</h1><p>The latest 200, newest first. Reload for more.</p>
      <table><thead><tr><th>No.</th><th>Channel</th><th>Meant for</th><th>Notification</th><th>Signature</th>
      <th>Bytes</th></tr></thead><tbody>\(rows.joined())</tbody></table></body></html>
      """
    return Response(
      status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
  }
}
