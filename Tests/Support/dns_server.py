#!/usr/bin/env python3
"""A name server for tests, over UDP and TCP on one free loopback port: prints `listening on 127.0.0.1:PORT` and serves.

usage: dns_server.py ZONE.json

The zone is {NAME: {TYPE: [VALUE, ...]}} with the types MX ("10 mx.example"), A, AAAA, TXT and CNAME. Aliases are followed
within the zone. A name that is not there does not exist. Beside the names there may be lists of names to misbehave for:
  truncate  answers over UDP are cut
  servfail  the server cannot say
  silent    no answer at all
  stray     a forged answer comes first
  old       questions with EDNS are refused
and "ttl", the seconds every answer holds (300).
"""
import ipaddress
import json
import socket
import socketserver
import struct
import sys
import threading

TYPES = {"A": 1, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28}
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NAME_ERROR = 0, 1, 2, 3

with open(sys.argv[1], encoding="utf-8") as file:
    content = json.load(file)
zone = {name.lower(): records for name, records in content.items() if isinstance(records, dict)}
ttl = content.get("ttl", 300)


def listed(kind, name):
    return name in content.get(kind, [])


def wire(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def data(kind, value):
    if kind == "A":
        return ipaddress.IPv4Address(value).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(value).packed
    if kind == "MX":
        preference, host = value.split()
        return struct.pack("!H", int(preference)) + wire(host)
    if kind == "CNAME":
        return wire(value)
    text = value.encode()
    parts = [text[start : start + 255] for start in range(0, len(text), 255)] or [b""]
    return b"".join(bytes([len(part)]) + part for part in parts)


def record(owner, kind, value):
    body = data(kind, value)
    return owner + struct.pack("!HHIH", TYPES[kind], 1, ttl, len(body)) + body


def answers(name, number):
    """The records, aliases first, and the response code."""
    found, owner = [], b"\xc0\x0c"
    for _ in range(20):
        records = zone.get(name)
        if records is None:
            return found, NAME_ERROR
        kind = next((kind for kind, code in TYPES.items() if code == number), None)
        if kind in records:
            return found + [record(owner, kind, value) for value in records[kind]], NO_ERROR
        if "CNAME" not in records:
            return found, NO_ERROR
        name = records["CNAME"][0].lower()
        found.append(record(owner, "CNAME", name))
        owner = wire(name)
    return found, SERVER_FAILURE


def question(message):
    """The name, the type and where the question ends."""
    labels, place = [], 12
    while message[place]:
        labels.append(message[place + 1 : place + 1 + message[place]].decode().lower())
        place += 1 + message[place]
    return ".".join(labels), struct.unpack("!H", message[place + 1 : place + 3])[0], place + 5


def replies(message, is_stream):
    identifier, _, _, _, _, additional = struct.unpack("!6H", message[:12])
    name, number, end = question(message)
    if listed("silent", name):
        return []
    found, code, cut = [], NO_ERROR, 0
    if listed("old", name) and additional:
        code = FORMAT_ERROR
    elif listed("servfail", name):
        code = SERVER_FAILURE
    elif listed("truncate", name) and not is_stream:
        cut = 0x0200
    else:
        found, code = answers(name, number)
    authority = b""
    if code in (NO_ERROR, NAME_ERROR) and not found and not cut:
        body = wire("ns.test") + wire("host.test") + struct.pack("!5I", 1, 2, 3, 4, ttl)
        authority = wire("test") + struct.pack("!HHIH", 6, 1, ttl, len(body)) + body
    counts = struct.pack("!4H", 1, len(found), 1 if authority else 0, 0)

    def reply(number, records):
        head = struct.pack("!2H", number, 0x8180 | cut | code) + counts
        return head + message[12:end] + b"".join(records) + authority

    forged = [record(b"\xc0\x0c", "A", "203.0.113.66")] * len(found)
    strays = [reply(identifier ^ 1, forged)] if listed("stray", name) else []
    return strays + [reply(identifier, found)]


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        message, server = self.request
        for reply in replies(message, False):
            server.sendto(reply, self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        size = self.rfile.read(2)
        while len(size) == 2:
            for reply in replies(self.rfile.read(struct.unpack("!H", size)[0]), True):
                self.wfile.write(struct.pack("!H", len(reply)) + reply)
            size = self.rfile.read(2)


def servers():
    """Both on the same port; another process may hold the one that was drawn."""
    socketserver.ThreadingTCPServer.request_queue_size = 128
    for _ in range(50):
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram)
        udp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        try:
            return udp, socketserver.ThreadingTCPServer(udp.server_address, Stream)
        except OSError:
            udp.server_close()
    sys.exit("no port is free for both UDP and TCP")


for server in (pair := servers()):
    server.daemon_threads = True
threading.Thread(target=pair[1].serve_forever, daemon=True).start()
print(f"listening on 127.0.0.1:{pair[0].server_address[1]}", flush=True)
pair[0].serve_forever()
