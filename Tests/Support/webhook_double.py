#!/usr/bin/env python3
"""A stand-in for an agency's webhook endpoint, and for the token endpoint beside it, on a free loopback port.

usage: webhook_double.py CERTIFICATE KEY RECORD [--clients AUTHORITY [--tls12]]

Prints `listening on https://127.0.0.1:PORT`. RECORD grows by a JSON line for each connection, {"connection": N}, as soon
as it is there, and for each request: `connection`, `method`, `path`, `headers` (names in small letters), `body` (base64)
and `client`, the common name of the certificate that the client showed. With --clients only such clients of that
authority are let in; with --tls12 others are turned away before the handshake is over (RFC 5246), and not after it.

The path says what happens. To a POST:
  /moved              302 to /elsewhere
  /consent/...        204 if OPTIONS was asked before on this path and consented, otherwise 403
  /guarded/N          204 for a bearer token that was the Nth to be given, or a later one; otherwise 401
  /token/SECONDS      a token for client `waypost board` with secret `p@ss word`, by HTTP Basic; SECONDS may be `-`
  /token-refused      401 invalid_client, with a description that must not be repeated
  /token-broken       200 with something else
  /token-smuggling    200 with a token that holds a line break
  /token-busy         503 with Retry-After: 7
  anything else       204
To an OPTIONS, with consent as the CloudEvents webhook binding has it:
  /consent/ours       WebHook-Allowed-Origin: whoever asks
  /consent/any        WebHook-Allowed-Origin: *
  /consent/rate/N     the same, with WebHook-Allowed-Rate: N
  /consent/other      WebHook-Allowed-Origin: other.example
  /consent/silent     200 and no such header
  anything else       405
"""
import base64
import http.server
import json
import signal
import ssl
import sys
import threading
from urllib.parse import parse_qs, unquote_plus

CLIENT, SECRET = "waypost board", "p@ss word"


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def setup(self):
        # Here and not on accepting, where one slow client would hold up the others.
        self.number = self.server.numbers.pop(id(self.request), 0)
        self.request.settimeout(self.timeout)
        self.request.do_handshake()
        super().setup()

    def client(self):
        names = (self.connection.getpeercert() or {}).get("subject", ())
        return next((value for part in names for key, value in part if key == "commonName"), None)

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.note({
            "connection": self.number, "method": self.command, "path": self.path, "client": self.client(),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": base64.b64encode(body).decode(),
        })
        return body

    def do_OPTIONS(self):
        self.take()
        origin = self.headers.get("WebHook-Request-Origin")
        allowed = {"ours": origin, "any": "*", "rate": "*", "other": "other.example", "silent": None}
        parts = self.path.split("/")
        if origin is None or parts[1] != "consent" or parts[2] not in allowed:
            return self.answer(405)
        headers = []
        if allowed[parts[2]]:
            headers.append(("WebHook-Allowed-Origin", allowed[parts[2]]))
        if parts[2] == "rate":
            headers.append(("WebHook-Allowed-Rate", parts[3]))
        if allowed[parts[2]] in (origin, "*"):
            self.server.consented.add(self.path)
        self.answer(200, headers, b"welcome\n")

    def do_POST(self):
        body = self.take()
        first = self.path.split("/")[1]
        if first == "moved":
            self.answer(302, [("Location", f"https://127.0.0.1:{self.server.server_address[1]}/elsewhere")])
        elif first == "consent":
            self.answer(204 if self.path in self.server.consented else 403)
        elif first == "guarded":
            token = self.headers.get("Authorization", "").removeprefix("Bearer token-")
            sound = token.isdigit() and int(self.path.split("/")[2]) <= int(token) <= self.server.tokens
            self.answer(204 if sound else 401, [] if sound else [("WWW-Authenticate", 'Bearer realm="hooks"')])
        elif first.startswith("token"):
            self.token(first, body)
        else:
            self.answer(204)

    def token(self, kind, body):
        json_type = ("Content-Type", "application/json")
        if kind == "token-busy":
            return self.answer(503, [("Retry-After", "7")])
        if kind == "token-broken":
            return self.answer(200, [json_type], b"<html>nothing personal</html>")
        if kind == "token-smuggling":
            text = json.dumps({"access_token": "a\r\nX-Smuggled: yes", "token_type": "Bearer"})
            return self.answer(200, [json_type], text.encode())
        form = parse_qs(body.decode(), strict_parsing=True)
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        pair = base64.b64decode(credentials).decode().partition(":") if scheme == "Basic" else ("", "", "")
        sound = (unquote_plus(pair[0]), unquote_plus(pair[2])) == (CLIENT, SECRET)
        if kind == "token-refused" or not sound or form.get("grant_type") != ["client_credentials"]:
            text = json.dumps({"error": "invalid_client", "error_description": "Mia Kowalczyk has no account"})
            return self.answer(401, [json_type, ("WWW-Authenticate", 'Basic realm="tokens"')], text.encode())
        with self.server.lock:
            self.server.tokens += 1
            given = {"access_token": f"token-{self.server.tokens}", "token_type": "bearer"}
        seconds = self.path.split("/")[2]
        if seconds != "-":
            given["expires_in"] = int(seconds)
        self.answer(200, [json_type, ("Cache-Control", "no-store")], json.dumps(given).encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 100

    def __init__(self, pair, record, authority, is_old):
        super().__init__(("127.0.0.1", 0), Endpoint)
        self.record, self.lock = open(record, "a", encoding="utf-8"), threading.Lock()
        self.count, self.tokens, self.consented, self.numbers = 0, 0, set(), {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
        if is_old:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def get_request(self):
        request, address = super().get_request()
        self.count += 1
        self.numbers[id(request)] = self.count
        self.note({"connection": self.count})
        return request, address

    def note(self, line):
        with self.lock:
            self.record.write(json.dumps(line) + "\n")
            self.record.flush()

    def handle_error(self, *_):
        pass  # A client that was not let in, or does not like the certificate.


def main():
    # Test runners may start their children with it blocked.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    arguments = sys.argv[1:]
    is_old = arguments[5:] == ["--tls12"]
    authority = arguments[4] if len(arguments) >= 5 and arguments[3] == "--clients" else None
    if len(arguments) != (3 if authority is None else 5 + is_old):
        sys.exit("usage: webhook_double.py CERTIFICATE KEY RECORD [--clients AUTHORITY [--tls12]]")
    with Server(arguments[:2], arguments[2], authority, is_old) as server:
        print(f"listening on https://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
