#!/usr/bin/env python3
"""check_mail.py MAILDIR: reads every message of a Maildir with Python's own parser.

Prints one JSON object per message, oldest file first. Exits with 1 if any message has a defect: in its structure, in
a header, in a transfer encoding, in a character set, or in the attached event. "longest_line" is in bytes, without
the line end. Headers that occur more than once are joined with a line feed. UTF-8 in headers is a defect unless the
message came by SMTPUTF8 (RFC 6531), which allows it.
"""
import json
import sys
from email import message_from_bytes, policy
from email.errors import MessageDefect, UndecodableBytesDefect
from pathlib import Path

EVENT = "application/cloudevents+json"


class Reader:
    def __init__(self, raw):
        self.raw = raw
        self.defects = []
        head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        self.allows_utf8 = b" with UTF8SMTP" in head and is_utf8(head)

    def note(self, where, what):
        if isinstance(what, Exception):
            what = f"{type(what).__name__}: {what}"
        self.defects.append(f"{where}: {what}")

    def decoded(self, part):
        """The text of a part; what cannot be decoded is a defect."""
        payload = part.get_payload(decode=True)
        if payload is None:
            return None
        # RFC 8259: JSON is UTF-8, whether or not the part says so.
        charset = part.get_content_charset("utf-8" if part.get_content_type() == EVENT else "us-ascii")
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeDecodeError) as error:
            self.note(part.get_content_type(), error)
            return payload.decode("utf-8", "replace")

    def strictly(self):
        """Once more with the policy that raises at the first defect, bodies included."""
        try:
            message = message_from_bytes(self.raw, policy=policy.default.clone(raise_on_defect=True))
            for part in message.walk():
                part.items()
                part.get_payload(decode=True)
        except MessageDefect as defect:
            self.note("strict", defect)

    def read(self):
        message = message_from_bytes(self.raw, policy=policy.SMTP)
        text = html = event = filename = None
        for part in message.walk():
            kind = part.get_content_type()
            if part.is_multipart():
                continue
            content = self.decoded(part)
            if kind == EVENT:
                filename = part.get_filename()
                try:
                    event = json.loads(content)
                except (TypeError, ValueError) as error:
                    self.note(kind, error)
            elif kind == "text/plain" and text is None:
                text = content
            elif kind == "text/html" and html is None:
                html = content
        headers = {}
        for part in message.walk():
            for name, value in part.items():
                for defect in header_defects(value):
                    if self.allows_utf8 and isinstance(defect, UndecodableBytesDefect) and "Non-ASCII" in str(defect):
                        continue
                    self.note(f"{part.get_content_type()} {name}", defect)
                if part is message:
                    headers[name] = f"{headers[name]}\n{value}" if name in headers else str(value)
            # After the bodies were decoded, since that adds defects of the transfer encoding.
            for defect in part.defects:
                self.note(part.get_content_type(), defect)
        if not headers:
            self.note("message", "no headers")
        self.strictly()
        return {
            "id": optional(message["Message-ID"], lambda value: value.strip().removeprefix("<").removesuffix(">")),
            "intended": optional(message["X-Waypost-Intended"]),
            "to": optional(message["To"]),
            "subject": optional(message["Subject"]),
            "defects": self.defects,
            "text": text,
            "html": html,
            "event": event,
            "filename": filename,
            "longest_line": max((len(line.rstrip(b"\r")) for line in self.raw.split(b"\n")), default=0),
            "headers": headers,
        }


def is_utf8(raw):
    try:
        return raw.decode("utf-8") is not None
    except UnicodeDecodeError:
        return False


def header_defects(value):
    """What the parser noted; for headers without structure it keeps that in the parse tree only."""
    found = list(getattr(value, "defects", ()))
    tree = getattr(value, "_parse_tree", None)
    for defect in getattr(tree, "all_defects", ()):
        if defect not in found:
            found.append(defect)
    return found


def optional(value, change=str):
    return None if value is None else change(str(value))


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: check_mail.py MAILDIR")
    files = [file for box in ("new", "cur") for file in Path(sys.argv[1], box).glob("*")]
    sound = True
    for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name)):
        message = Reader(file.read_bytes()).read()
        sound = sound and not message["defects"]
        print(json.dumps(message, ensure_ascii=False))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
