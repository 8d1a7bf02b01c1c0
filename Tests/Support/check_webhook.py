#!/usr/bin/env python3
"""check_webhook.py: reads webhook requests as a receiver would, with libraries that are not ours.

Each line of standard input is {"secret": "whsec_...", "headers": {...}, "body": "<base64>"}, with "key": "whpk_..." beside
or in the place of the secret. A secret's signature (v1) is checked with standardwebhooks, a key's (v1a) with openssl; a
timestamp more than five minutes from now, or from the line's "now" in unix seconds, is refused. The body is read with
cloudevents; its extension attributes recipient and sequence have to say what the headers Waypost-Recipient and
Waypost-Sequence say. Prints {"ok": true, "id": ..., "type": ..., "recipient": ..., "sequence": ...} or {"ok": false,
"why": ...} for each and exits with 1 if
any is not ok. Run it with the Python of the environment that install.sh makes.
"""
import base64
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook

REQUIRED = ("specversion", "id", "source", "type")
# What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
ED25519 = bytes.fromhex("302a300506032b6570032100")


def check_secret(secret, body, headers, now):
    if now is None:
        Webhook(secret).verify(body, headers)
        return
    # The library knows the machine's clock only.
    stamp = datetime.datetime.fromtimestamp(int(headers["webhook-timestamp"]), datetime.timezone.utc)
    if Webhook(secret).sign(headers["webhook-id"], stamp, body.decode()) not in headers["webhook-signature"].split():
        raise ValueError("no signature is by this secret")


def check_key(key, body, headers, now):
    if abs((time.time() if now is None else now) - int(headers["webhook-timestamp"])) > 300:
        raise ValueError("the timestamp is too far from now")
    public = base64.b64decode(key.removeprefix("whpk_"), validate=True)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    given = [part.removeprefix("v1a,") for part in headers["webhook-signature"].split() if part.startswith("v1a,")]
    with tempfile.TemporaryDirectory() as folder:
        files = {name: pathlib.Path(folder, name) for name in ("key", "text", "signature")}
        files["key"].write_bytes(ED25519 + public)
        files["text"].write_bytes(signed)
        for signature in given:
            files["signature"].write_bytes(base64.b64decode(signature, validate=True))
            ended = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", files["key"], "-rawin", "-in",
                 files["text"], "-sigfile", files["signature"]], capture_output=True, check=False)
            if ended.returncode == 0:
                return
    raise ValueError("no signature is by this key")


def check(line):
    request = json.loads(line)
    headers = {name.lower(): value for name, value in request["headers"].items()}
    body = base64.b64decode(request["body"], validate=True)
    if "secret" not in request and "key" not in request:
        raise ValueError("there is nothing to check the signature with")
    if "secret" in request:
        check_secret(request["secret"], body, headers, request.get("now"))
    if "key" in request:
        check_key(request["key"], body, headers, request.get("now"))
    media = headers.get("content-type", "").split(";")[0].strip().lower()
    if media != "application/cloudevents+json":
        raise ValueError(f"content-type is {media or 'missing'}, not application/cloudevents+json")
    # The library fills in what an event lacks, so look first.
    lacking = [name for name in REQUIRED if name not in json.loads(body)]
    if lacking:
        raise ValueError(f"the event lacks {', '.join(lacking)}")
    event = from_structured_event(HTTPMessage(headers, body))
    recipient, sequence = event.get_extension("recipient"), event.get_extension("sequence")
    said = (headers.get("waypost-recipient"), headers.get("waypost-sequence"))
    if (recipient, sequence and str(int(sequence))) != said:
        raise ValueError("the headers and the event name different numbers")
    return {
        "ok": True, "id": event.get_id(), "type": event.get_type(), "recipient": recipient, "sequence": sequence,
    }


def main():
    sound = True
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            result = check(line)
        except Exception as error:  # Whatever a library raises is a reason to refuse.
            result = {"ok": False, "why": f"{type(error).__name__}: {error}"}
            sound = False
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
