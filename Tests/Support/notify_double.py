#!/usr/bin/env python3
"""A stand-in for GOV.UK Notify on a free loopback port: POST /v2/notifications/email as its public documentation says.

usage: notify_double.py CERTIFICATE KEY --api-key NAME-SERVICE-SECRET [--now SECONDS] [--record FILE]
                        [--template UUID] [--callback URL --token TOKEN [--authority FILE]]

Prints `listening on https://127.0.0.1:PORT`. With --now its clock stands still at that time, and a token made more than
30 s before or after it is refused; without, any time will do. --record gets one JSON line for each request: `status`,
`claims` of the token, `user_agent` and `body`. With --template only that template exists.

The local part of a recipient's address says what happens:
  team-only, trial-mode     400 BadRequestError
  forbidden                 403 AuthError, the key is not known
  clock-off                 403 AuthError, and the answer's Date is an hour ahead
  rate-limited[-SECONDS]    429 RateLimitError, with Retry-After if there is a number
  daily-limit               429 TooManyRequestsError
  broken                    500 Exception
  silent                    no answer
  temporary-failure, temp-fail, permanent-failure, perm-fail, technical-failure
                            201, and that status in the callback; everybody else's is `delivered`

SIGUSR1 posts the callbacks that are due; GET /flush does so too and answers when they are posted, with
{"posted": [HTTP status, ...]}. Callbacks that are not taken stay due.
"""
import argparse
import base64
import binascii
import datetime
import email.utils
import hashlib
import hmac
import http.server
import json
import re
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PLACEHOLDERS = ["headline", "link", "reference"]
FAILURES = {
    "temporary-failure": "temporary-failure",
    "temp-fail": "temporary-failure",
    "permanent-failure": "permanent-failure",
    "perm-fail": "permanent-failure",
    "technical-failure": "technical-failure",
}
CLOCK = "Error: Your system clock must be accurate to within 30 seconds"


class Refusal(Exception):
    """An answer in Notify's error shape."""

    def __init__(self, status, error, message, retry_after=None):
        super().__init__(message)
        self.status = status
        self.document = {"status_code": status, "errors": [{"error": error, "message": message}]}
        self.retry_after = retry_after


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("certificate")
    parser.add_argument("key")
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--now", type=int)
    parser.add_argument("--record")
    parser.add_argument("--template")
    parser.add_argument("--callback")
    parser.add_argument("--token")
    parser.add_argument("--authority")
    options = parser.parse_args()
    match = re.fullmatch(rf".+-({UUID})-({UUID})", options.api_key)
    if not match:
        parser.error("--api-key is not NAME-SERVICE-SECRET")
    if options.callback and not options.token:
        parser.error("--callback needs --token")
    options.service, options.secret = match.groups()
    return options


class Notify:
    """What is sent, recorded and due."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.flushing = threading.Lock()
        self.due = []

    def now(self):
        return time.time() if self.options.now is None else self.options.now

    def stamp(self):
        moment = datetime.datetime.fromtimestamp(self.now(), datetime.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def record(self, line):
        if self.options.record:
            with self.lock, open(self.options.record, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def claims(self, authorization):
        """Checks the JSON web token; gives its claims."""
        if not authorization:
            raise Refusal(401, "AuthError", "Unauthorized: authentication token must be provided")
        if not authorization.startswith("Bearer "):
            raise Refusal(401, "AuthError", "Unauthorized: authentication bearer scheme must be used")
        try:
            signed, code = authorization[7:].rsplit(".", 1)
            header, claims = (json.loads(unpadded(part)) for part in signed.split("."))
            expected = hmac.new(self.options.secret.encode(), signed.encode(), hashlib.sha256).digest()
            is_signed = hmac.compare_digest(unpadded(code), expected)
        except (ValueError, binascii.Error):
            raise Refusal(403, "AuthError", "Invalid token: signature, api token is not valid") from None
        if header != {"alg": "HS256", "typ": "JWT"} or "iat" not in claims:
            raise Refusal(403, "AuthError", "Invalid token: algorithm used is not HS256 or iat is missing")
        if claims.get("iss") != self.options.service:
            raise Refusal(403, "AuthError", "Invalid token: service not found")
        if not is_signed:
            raise Refusal(403, "AuthError", "Invalid token: API key not found")
        if not isinstance(claims["iat"], int) or (
            self.options.now is not None and abs(claims["iat"] - self.options.now) > 30
        ):
            raise Refusal(403, "AuthError", CLOCK)
        return claims

    def check(self, body):
        """The schema of the request, then what the address asks for."""
        allowed = {
            "email_address", "template_id", "personalisation", "reference", "email_reply_to_id",
            "one_click_unsubscribe_url",
        }
        if not isinstance(body, dict):
            raise Refusal(400, "ValidationError", "body is not of type object")
        for name in ["email_address", "template_id"]:
            if name not in body:
                raise Refusal(400, "ValidationError", f"{name} is a required property")
        for name in sorted(set(body) - allowed):
            raise Refusal(400, "ValidationError", f"Additional properties are not allowed ({name} was unexpected)")
        if not re.fullmatch(UUID, str(body["template_id"])):
            raise Refusal(400, "ValidationError", "template_id is not a valid UUID")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", str(body["email_address"])):
            raise Refusal(400, "ValidationError", "email_address is not a valid email address")
        values = body.get("personalisation", {})
        if not isinstance(values, dict):
            raise Refusal(400, "ValidationError", "personalisation is not of type object")
        if not isinstance(body.get("reference", ""), str) or len(body.get("reference", "")) > 1000:
            raise Refusal(400, "ValidationError", "reference is too long")
        if self.options.template not in (None, body["template_id"]):
            raise Refusal(400, "BadRequestError", "Template not found")
        missing = [name for name in PLACEHOLDERS if name not in values]
        if missing:
            raise Refusal(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        self.check_recipient(body["email_address"].split("@")[0])

    def check_recipient(self, local):
        if local == "team-only":
            raise Refusal(400, "BadRequestError", "Can't send to this recipient using a team-only API key")
        if local == "trial-mode":
            raise Refusal(
                400, "BadRequestError",
                "Can't send to this recipient when service is in trial mode - "
                "see https://www.notifications.service.gov.uk/trial-mode")
        if local == "forbidden":
            raise Refusal(403, "AuthError", "Invalid token: API key not found")
        if local == "clock-off":
            raise Refusal(403, "AuthError", CLOCK)
        limited = re.fullmatch(r"rate-limited(?:-([0-9]+))?", local)
        if limited:
            raise Refusal(
                429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds",
                limited.group(1))
        if local == "daily-limit":
            raise Refusal(429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
        if local == "broken":
            raise Refusal(500, "Exception", "Internal server error")

    def take(self, body, base):
        """What Notify answers to a request that it takes; the callback is due from now on."""
        number = str(uuid.uuid4())
        template = body["template_id"]
        values = body["personalisation"]
        local = body["email_address"].split("@")[0]
        with self.lock:
            self.due.append({
                "id": number,
                "reference": body.get("reference"),
                "to": body["email_address"],
                "status": FAILURES.get(local, "delivered"),
                "created_at": self.stamp(),
                "completed_at": self.stamp(),
                "sent_at": self.stamp(),
                "notification_type": "email",
                "template_id": template,
                "template_version": 1,
            })
        return {
            "id": number,
            "reference": body.get("reference"),
            "content": {
                "subject": values["headline"],
                "body": f"Read the message: {values['link']}\r\nReference: {values['reference']}",
                "from_email": "waypost.drill@notifications.service.gov.uk",
                "one_click_unsubscribe_url": None,
            },
            "uri": f"{base}/v2/notifications/{number}",
            "template": {"id": template, "version": 1, "uri": f"{base}/v2/template/{template}/version/1"},
            "scheduled_for": None,
        }

    def flush(self):
        """Posts what is due; gives the HTTP statuses, 0 where nobody answered."""
        with self.flushing:
            with self.lock:
                due, self.due = self.due, []
            posted = [self.post(receipt) for receipt in due]
            with self.lock:
                self.due = [receipt for receipt, status in zip(due, posted) if not 200 <= status < 300] + self.due
            return posted

    def post(self, receipt):
        if not self.options.callback:
            return 0
        request = urllib.request.Request(
            self.options.callback, json.dumps(receipt).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.options.token}"}, method="POST")
        context = ssl.create_default_context(cafile=self.options.authority) if self.options.authority else None
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def unpadded(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def server(notify):
    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 300
        ahead = 0

        def do_POST(self):
            try:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            except ValueError:
                body = None
            line = {"body": body, "claims": None, "user_agent": self.headers.get("User-Agent")}
            local = str(body.get("email_address", "")).split("@")[0] if isinstance(body, dict) else ""
            try:
                if self.path != "/v2/notifications/email":
                    raise Refusal(404, "NotFoundError", "Not found")
                line["claims"] = notify.claims(self.headers.get("Authorization"))
                if self.headers.get("Content-Type", "").split(";")[0] != "application/json" or body is None:
                    raise Refusal(400, "BadRequestError", "Invalid JSON")
                notify.check(body)
                status, document, retry_after = 201, notify.take(body, base), None
            except Refusal as refusal:
                status, document, retry_after = refusal.status, refusal.document, refusal.retry_after
            if local == "silent":
                notify.record(line | {"status": 0})
                threading.Event().wait()
            notify.record(line | {"status": status})
            self.ahead = 3600 if local == "clock-off" else 0
            self.answer(status, document, retry_after)

        def do_GET(self):
            if self.path == "/flush":
                self.answer(200, {"posted": notify.flush()})
            else:
                self.answer(404, {"result": "error", "message": "Not found"})

        def answer(self, status, document, retry_after=None):
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(text)

        def date_time_string(self, timestamp=None):
            moment = notify.now() if timestamp is None else timestamp
            return email.utils.formatdate(moment + self.ahead, usegmt=True)

        def log_message(self, *_):
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        # A client that goes away, or does not trust the certificate, is no trouble of ours.
        request_queue_size = 256

        def finish_request(self, request, client_address):
            try:
                request.settimeout(60)
                super().finish_request(context.wrap_socket(request, server_side=True), client_address)
            except OSError:
                pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(notify.options.certificate, notify.options.key)
    door = Quiet(("127.0.0.1", 0), Door)
    base = f"https://127.0.0.1:{door.server_address[1]}"
    return door, base


def main():
    notify = Notify(arguments())
    door, base = server(notify)
    signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=notify.flush).start())
    print(f"listening on {base}", flush=True)
    try:
        door.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


main()
