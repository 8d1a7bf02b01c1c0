#!/usr/bin/env python3
"""check_webhook.py: reads webhook requests as a receiver would, with libraries that are not ours.

Each line of standard input is {"secret": "whsec_...", "headers": {...}, "body": "<base64>"}. The signature is checked
with standardwebhooks, which also refuses a timestamp more than five minutes from now; the body is read with
cloudevents; its extension attributes recipient and sequence have to say what the headers Waypost-Recipient and
Waypost-Sequence say. Prints {"ok": true, "id": ..., "type": ..., "recipient": ..., "sequence": ...} or {"ok": false, "why": ...} for each and exits with 1 if
any is not ok. Run it with the Python of the environment that install.sh makes.
"""
import base64
import json
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook

REQUIRED = ("specversion", "id", "source", "type")


def check(line):
    request = json.loads(line)
    headers = {name.lower(): value for name, value in request["headers"].items()}
    body = base64.b64decode(request["body"], validate=True)
    Webhook(request["secret"]).verify(body, headers)
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
