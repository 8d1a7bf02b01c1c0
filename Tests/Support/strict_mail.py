#!/usr/bin/env python3
"""strict_mail.py [--lf] FILE...: reads mails as strictly as Python's own parser can, and checks what it lets pass.

Prints a JSON object per file: "subject", "to", "from", "headers" (those of the message, decoded; one that occurs more
than once is joined with line feeds), "texts" (decoded, in order, of the text parts that are not attachments),
"attachments" ("name", "type", "bytes", "sha256", and "text" if it is text, JSON or a report) and "defects". Exits with
1 if there is any defect: whatever the parser notes; lines longer than 998 bytes; a line end that is not CRLF (LF with
--lf, which is how Postfix writes a Maildir); NUL; bytes over 127 that no header declares; character sets and transfer
encodings that do not fit; lines too long for base64, quoted-printable or encoded words (RFC 2045, 2047); headers that
are missing or doubled (RFC 5322). UTF-8 in headers is fine in a mail that came by SMTPUTF8.
"""
import hashlib
import json
import re
import sys
from email import message_from_bytes, policy
from email.errors import MessageDefect, MessageError, UndecodableBytesDefect
from pathlib import Path

sys.dont_write_bytecode = True
from check_mail import header_defects, is_utf8

ONCE = ("from", "to", "cc", "sender", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
        "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id")
ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
QUOTED_PRINTABLE = re.compile(rb"(?:[\t !-<>-~]|=[0-9A-F]{2})*(?:=|(?<![\t ]))")
READABLE = ("message/delivery-status", "message/disposition-notification", "message/rfc822")


class Mail:
    def __init__(self, raw, end):
        self.raw = raw
        self.end = end
        self.defects = []
        head = raw.partition(end + end)[0]
        self.allows_utf8 = b" with UTF8SMTP" in head and is_utf8(head)
        self.texts = []
        self.attachments = []

    def note(self, where, what):
        if isinstance(what, Exception):
            what = f"{type(what).__name__}: {what}"
        if f"{where}: {what}" not in self.defects:
            self.defects.append(f"{where}: {what}")

    def check_lines(self):
        if self.raw and not self.raw.endswith(self.end):
            self.note("message", "the last line has no end")
        if b"\0" in self.raw:
            self.note("message", "NUL")
        for number, line in enumerate(self.raw.split(self.end), 1):
            if b"\r" in line or b"\n" in line:
                self.note(f"line {number}", "a bare CR or LF")
            if len(line) > 998:
                self.note(f"line {number}", f"{len(line)} bytes")

    def check_headers(self, part, where):
        """The headers as they are in the file, then as they are decoded."""
        seen = {}
        for name, source in part.raw_items():
            source = str(source)
            seen[name.lower()] = seen.get(name.lower(), 0) + 1
            if not re.fullmatch(r"[!-9;-~]+", name):
                self.note(where, f"the header name {name!a}")
            if not source.isascii() and not self.allows_utf8:
                self.note(f"{where} {name}", "bytes over 127")
            for line in f"{name}: {source}".splitlines():
                words = ENCODED_WORD.findall(line)
                if any(len(word) > 75 for word in words) or (words and len(line) > 76):
                    self.note(f"{where} {name}", "an encoded word is too long, or its line is")
        for name, count in seen.items():
            if count > 1 and name in ONCE:
                self.note(where, f"{count} times {name}")
        for name, value in part.items():
            for defect in header_defects(value):
                if not (self.allows_utf8 and isinstance(defect, UndecodableBytesDefect) and "Non-ASCII" in str(defect)):
                    self.note(f"{where} {name}", defect)
            if ENCODED_WORD.search(str(value)):
                self.note(f"{where} {name}", "an encoded word where none is decoded")
        return seen

    def decoded(self, part, where):
        """The bytes of a part without parts of its own; what does not fit its transfer encoding is a defect."""
        source = part._payload if isinstance(part._payload, str) else ""  # Not get_payload(), which decodes at will.
        source = source.encode("ascii", "surrogateescape")
        encoding = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
        lines = source.replace(b"\r\n", b"\n").split(b"\n")
        if encoding not in ("7bit", "8bit", "quoted-printable", "base64"):
            self.note(where, f"the transfer encoding {encoding}")
        if encoding != "8bit" and not source.isascii():
            self.note(where, f"bytes over 127 in {encoding}")
        if encoding in ("quoted-printable", "base64") and max(map(len, lines)) > 76:
            self.note(where, f"lines of more than 76 bytes in {encoding}")
        if encoding == "quoted-printable" and not all(QUOTED_PRINTABLE.fullmatch(line) for line in lines):
            self.note(where, "not quoted-printable")
        if encoding == "base64" and re.search(rb"[^A-Za-z0-9+/=\s]|=\s*[^=\s]", source):
            self.note(where, "not base64")
        return part.get_payload(decode=True) or b""

    def as_text(self, data, part, where, default="us-ascii"):
        try:
            return data.decode(part.get_content_charset(default))
        except (LookupError, UnicodeDecodeError) as error:
            self.note(where, error)
            return data.decode("utf-8", "replace")

    def attach(self, part, data, text):
        found = {"name": part.get_filename(), "type": part.get_content_type(), "bytes": len(data),
                 "sha256": hashlib.sha256(data).hexdigest()}
        self.attachments.append(found if text is None else {**found, "text": text})

    def visit(self, part, path="", shown=True):
        kind = part.get_content_type()
        where = f"{path}{kind}"
        seen = self.check_headers(part, where)
        if not path:
            for name in ("from", "date", "message-id"):
                if name not in seen:
                    self.note(where, f"no {name}")
            if "content-type" in seen and "mime-version" not in seen:
                self.note(where, "no mime-version")
        if part.is_multipart():
            encoding = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
            if encoding not in ("7bit", "8bit"):
                self.note(where, f"the transfer encoding {encoding}")
            if encoding != "8bit" and not self.allows_utf8 and not is_ascii(part):
                self.note(where, f"bytes over 127 in {encoding}")
            if kind.startswith("message/"):
                if shown:
                    as_it_was = policy.SMTP.clone(refold_source="none")
                    whole = b"".join(inner.as_bytes(policy=as_it_was) for inner in part.get_payload())
                    self.attach(part, whole, self.as_text(whole, part, where, "utf-8"))
                shown = False
            for number, inner in enumerate(part.get_payload(), 1):
                self.visit(inner, f"{path}{number}.", shown)
        else:
            data = self.decoded(part, where)
            # RFC 8259: JSON is UTF-8, whether or not the part says so.
            json_like = kind == "application/json" or kind.endswith("+json")
            text = None
            if part.get_content_maintype() == "text" or json_like or kind in READABLE:
                text = self.as_text(data, part, where, "utf-8" if json_like else "us-ascii")
            if json_like:
                try:
                    json.loads(text)
                except ValueError as error:
                    self.note(where, error)
            inline = kind in ("text/plain", "text/html") and not (part.is_attachment() or part.get_filename())
            if shown and inline:
                self.texts.append(text)
            elif shown:
                self.attach(part, data, text)
        # After the body was decoded, since that adds defects of the transfer encoding.
        for defect in part.defects:
            self.note(where, defect)

    def strictly(self):
        """Once more with the policy that raises at the first defect, bodies included."""
        try:
            message = message_from_bytes(self.raw, policy=policy.SMTP.clone(raise_on_defect=True))
            for part in message.walk():
                part.items()
                part.get_payload(decode=True)
        except (MessageDefect, MessageError) as defect:
            self.note("strict", defect)

    def read(self):
        self.check_lines()
        message = message_from_bytes(self.raw, policy=policy.SMTP)
        self.visit(message)
        self.strictly()
        headers = {}
        for name, value in message.items():
            headers[name] = f"{headers[name]}\n{value}" if name in headers else str(value)
        return {
            "subject": optional(message["Subject"]),
            "to": optional(message["To"]),
            "from": optional(message["From"]),
            "headers": headers,
            "texts": self.texts,
            "attachments": self.attachments,
            "defects": self.defects,
        }


def is_ascii(part):
    """Whether all that is inside a part with parts of its own is ASCII."""
    inside = [part.preamble or "", part.epilogue or ""]
    for inner in part.walk():
        if inner is not part:
            inside += (str(source) for _, source in inner.raw_items())
            inside += [inner.preamble or "", inner.epilogue or "", inner._payload]
    return all(text.isascii() for text in inside if isinstance(text, str))


def optional(value):
    return None if value is None else str(value)


def main():
    arguments = sys.argv[1:]
    end = b"\r\n"
    if arguments[:1] == ["--lf"]:
        end = b"\n"
        del arguments[0]
    if not arguments:
        sys.exit("usage: strict_mail.py [--lf] FILE...")
    sound = True
    for file in arguments:
        mail = Mail(Path(file).read_bytes(), end).read()
        sound = sound and not mail["defects"]
        print(json.dumps(mail, ensure_ascii=False))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
