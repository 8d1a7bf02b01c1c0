"""sink.py: takes mail and webhooks on loopback and remembers when each arrived.

Prints the SMTP port and the HTTP port on one line, then serves until it is ended. A notification is told by the
first "alert-<number>-" in a mail's subject or body, or by every such mark in a webhook's body. GET /count gives how
many have arrived, GET /arrivals a JSON list of [monotonic seconds, "mail" or "webhook", number].
"""
import asyncio
import json
import re
import time

import uvloop

MARK = re.compile(rb"alert-(\d+)-")
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)

arrivals = []


class Mail(asyncio.Protocol):
    """As little SMTP as a client needs, one reply per command; pipelining costs nothing extra."""

    def connection_made(self, transport):
        self.transport = transport
        self.pending = b""
        self.recipients = 0
        self.reading_message = False
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data):
        self.pending += data
        replies = []
        end = b"\r\n.\r\n" if self.reading_message else b"\r\n"
        while (at := self.pending.find(end)) >= 0:
            text, self.pending = self.pending[:at], self.pending[at + len(end) :]
            replies.append(self.message(text) if self.reading_message else self.command(text))
            end = b"\r\n.\r\n" if self.reading_message else b"\r\n"
            if replies[-1].startswith(b"221"):
                self.transport.write(b"".join(replies))
                self.transport.close()
                return
        if replies:
            self.transport.write(b"".join(replies))

    def message(self, text):
        now = time.monotonic()
        mark = MARK.search(text)
        number = int(mark[1]) if mark else -1
        arrivals.extend((now, "mail", number) for _ in range(self.recipients))
        self.recipients = 0
        self.reading_message = False
        return b"250 2.0.0 taken\r\n"

    def command(self, line):
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if verb == b"RCPT":
            self.recipients += 1
        elif verb == b"DATA":
            self.reading_message = True
            return b"354 go on\r\n"
        elif verb in (b"MAIL", b"RSET"):
            self.recipients = 0
        elif verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 2.0.0 ok\r\n"


class Web(asyncio.Protocol):
    """HTTP/1.1 with Content-Length and kept connections."""

    def connection_made(self, transport):
        self.transport = transport
        self.pending = b""

    def data_received(self, data):
        self.pending += data
        while (at := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:at]
            length = LENGTH.search(head)
            end = at + 4 + (int(length[1]) if length else 0)
            if len(self.pending) < end:
                return
            body, self.pending = self.pending[at + 4 : end], self.pending[end:]
            self.transport.write(self.answer(head, body))

    def answer(self, head, body):
        method, path = head.split(b" ", 2)[:2]
        if method == b"POST":
            now = time.monotonic()
            arrivals.extend((now, "webhook", number) for number in {int(mark) for mark in MARK.findall(body)})
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        reply = json.dumps(len(arrivals) if path == b"/count" else arrivals).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(reply) + reply


async def main():
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(kind, "127.0.0.1", 0, backlog=2048) for kind in (Mail, Web)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


uvloop.run(main())
