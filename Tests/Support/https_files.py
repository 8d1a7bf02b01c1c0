#!/usr/bin/env python3
"""https_files.py DIR CERT KEY [LOG]: files by HTTPS on a free loopback port, until it is ended.

Prints "listening on 127.0.0.1:PORT". A request for a path at a host gets the file DIR/HOST/PATH, the host in lower case
and without its port; 404 if there is none. Names ending in .txt are text/plain. Read anew for each request. LOG grows
by a line "HOST PATH STATUS" for each.
"""
import http.server
import mimetypes
import re
import signal
import ssl
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


class Files(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def setup(self):
        # Here and not on accepting, where one slow client would hold up the others.
        self.request.settimeout(self.timeout)
        self.request.do_handshake()
        super().setup()

    def found(self, host, path):
        if not HOST.fullmatch(host) or "\0" in path:
            return None
        top = (self.server.top / host).resolve()
        file = (top / path.lstrip("/")).resolve()
        return file if file.is_relative_to(top) and file.is_file() else None

    def do_GET(self):
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        host = host.lower()
        path = unquote(urlsplit(self.path).path)
        file = self.found(host, path)
        status, body, kind = 404, b"not found\n", "text/plain"
        if file:
            status, body = 200, file.read_bytes()
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.server.note(f"{ascii(host)[1:-1]} {ascii(path)[1:-1]} {status}")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, top, pair, log):
        super().__init__(("127.0.0.1", 0), Files)
        self.top = Path(top).resolve()
        self.log, self.lock = log and open(log, "a", encoding="ascii"), threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def note(self, line):
        if self.log:
            with self.lock:
                self.log.write(line + "\n")
                self.log.flush()

    def handle_error(self, *_):
        pass  # A client that does not like the certificate.


def main():
    # Test runners may start their children with it blocked.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if len(sys.argv) not in (4, 5) or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: https_files.py DIR CERT KEY [LOG]")
    with Server(sys.argv[1], sys.argv[2:4], sys.argv[4] if len(sys.argv) == 5 else None) as server:
        print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
