#!/usr/bin/env python3
"""bad_servers.py MODE LOG [CERT KEY]: a mail server on a free loopback port that misbehaves, until it is ended.

Prints "listening on 127.0.0.1:PORT". The modes:
  plain            does not offer STARTTLS, as behind somebody who strips it
  strip            offers STARTTLS and answers it with 454
  tls11            STARTTLS with TLS 1.1 at most
  certificate      STARTTLS with the certificate given, whatever is wrong with that; otherwise as it should be
  starttls-inject  sends more after its answer to STARTTLS, in clear, and goes on as it should be
  hang             takes the message and never says whether it has it
  hang-at-data     does not even answer DATA
All but plain and strip need CERT and KEY. Every mode takes mail for any address, in clear if that is how it is sent.

LOG (UTF-8) grows by a line "NUMBER KIND TEXT" for whatever happens; NUMBER counts the connections. KIND is
  clear, tls                    a line was received that way, of commands and message alike: what is not printable, and
                                the backslash, as \\xHH
  connected, end                the client has come, has gone
  sni NAME, handshake VERSION   the name that the client asked for, the TLS that came about
  handshake-failed WHY          no TLS came about; what is still received is clear, or record if it is of TLS
  accepted BYTES                a whole message was taken
"""
import signal
import socket
import socketserver
import ssl
import sys
import threading
import warnings

MODES = ("plain", "strip", "tls11", "certificate", "starttls-inject", "hang", "hang-at-data")
INJECTED = b"250-injected.example\r\n250 SIZE 1\r\n"


def is_record(data):
    """Whether this begins as a TLS record does, and no command."""
    return 0x14 <= data[0] <= 0x18 if data else False


def shown(data):
    text = data.replace(b"\\", b"\\x5c").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else "".join(f"\\x{byte:02x}" for byte in char.encode()) for char in text)


class Session(socketserver.BaseRequestHandler):
    def note(self, what):
        with self.server.lock:
            self.server.log.write(f"{self.number} {what}\n")
            self.server.log.flush()

    def say(self, text):
        self.request.sendall(text.encode() + b"\r\n")

    def received(self, data):
        secure = isinstance(self.request, ssl.SSLSocket)
        self.note(f"{'tls' if secure else 'clear'} {shown(data)}")

    def line(self):
        """The next line without its end; None when the client has gone, with whatever came before that noted."""
        while b"\n" not in self.rest:
            try:
                more = self.request.recv(65536)
            except OSError:
                more = b""
            if not more:
                if self.rest:
                    self.received(self.rest)
                    self.rest = b""
                return None
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        line = line.removesuffix(b"\r")
        self.received(line)
        return line

    def drain(self):
        """Notes all that still comes, and answers nothing."""
        while self.line() is not None:
            pass

    def handle(self):
        with self.server.lock:
            self.server.count += 1
            self.number = self.server.count
        self.rest = b""
        self.note("connected")
        try:
            self.converse()
        except OSError:
            pass  # The client has gone.
        self.note("end")
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def converse(self):
        mode = self.server.mode
        self.say("220 mx.recipient.example ESMTP")
        while (line := self.line()) is not None:
            verb = line.split(b" ")[0].upper()
            if verb == b"EHLO":
                offered = ["8BITMIME", "PIPELINING", "DSN", "SIZE 10485760"]
                if mode != "plain" and not isinstance(self.request, ssl.SSLSocket):
                    offered.insert(0, "STARTTLS")
                greeting = ["mx.recipient.example", *offered]
                self.say("\r\n".join(f"250{' ' if name is greeting[-1] else '-'}{name}" for name in greeting))
            elif verb == b"STARTTLS" and mode == "strip":
                self.say("454 4.7.0 TLS not available due to temporary reason")
            elif verb == b"STARTTLS" and mode != "plain":
                if not self.start_tls():
                    return
            elif verb in (b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                self.say("250 OK")
            elif verb == b"DATA":
                if mode == "hang-at-data":
                    return self.drain()
                self.say("354 End data with <CR><LF>.<CR><LF>")
                size = 0
                while (line := self.line()) is not None and line != b".":
                    size += len(line) + 2
                if line is None:
                    return
                if mode == "hang":
                    return self.drain()
                self.note(f"accepted {size}")
                self.say("250 2.0.0 Accepted")
            elif verb == b"QUIT":
                return self.say("221 Bye")
            else:
                self.say("502 Not implemented")

    def start_tls(self):
        while self.rest:  # Sent before the answer to STARTTLS: noted, and otherwise forgotten.
            line, _, self.rest = self.rest.partition(b"\n")
            self.received(line.removesuffix(b"\r"))
        ready = b"220 2.0.0 Ready to start TLS\r\n"
        self.request.sendall(ready + INJECTED if self.server.mode == "starttls-inject" else ready)
        start = self.request.recv(1, socket.MSG_PEEK)
        if not is_record(start):
            if start:
                self.note("handshake-failed not TLS")
            self.drain()
            return False
        # The copy stays when the handshake fails, to see whether the client goes on in clear.
        plain = self.request.dup()
        context = self.server.context
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except OSError as error:
            self.note(f"handshake-failed {getattr(error, 'reason', None) or type(error).__name__}")
            self.request = plain
            if is_record(plain.recv(1, socket.MSG_PEEK)):
                self.note(f"record {shown(plain.recv(65536))}")
            self.drain()
            plain.close()
            return False
        plain.close()
        if self.request.server_name:
            self.note(f"sni {self.request.server_name}")
        self.note(f"handshake {self.request.version()}")
        return True


class NamedSocket(ssl.SSLSocket):
    """Keeps the name that the client asks for."""

    server_name = None


def asked_for(connection, name, _):
    connection.server_name = name


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, mode, log, pair):
        super().__init__(("127.0.0.1", 0), Session)
        self.mode, self.count, self.lock = mode, 0, threading.Lock()
        self.log = open(log, "a", encoding="utf-8")
        if pair:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.sslsocket_class = NamedSocket
            self.context.sni_callback = asked_for
            self.context.load_cert_chain(*pair)
            if mode == "tls11":
                warnings.simplefilter("ignore", DeprecationWarning)
                self.context.set_ciphers("ALL:@SECLEVEL=0")
                self.context.minimum_version = ssl.TLSVersion.TLSv1
                self.context.maximum_version = ssl.TLSVersion.TLSv1_1


def main():
    # Test runners may start their children with it blocked.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in MODES or len(arguments) not in (
        (2, 4) if arguments[0] in ("plain", "strip") else (4,)
    ):
        sys.exit(f"usage: bad_servers.py {'|'.join(MODES)} LOG [CERT KEY]")
    with Server(arguments[0], arguments[1], arguments[2:]) as server:
        print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
