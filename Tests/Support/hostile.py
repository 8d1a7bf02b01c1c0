"""hostile.py URL KEY LIMITED ISSUER_KEY OTHER_KEY AUDIENCE, or hostile.py jwks KEY (the key set of that key): sends what nobody honest sends to a running gateway.

KEY may do everything, LIMITED may only speak for Luton, ISSUER_KEY and OTHER_KEY are PEM files of RSA keys, of which the
gateway trusts the first. Prints one line a request that was not refused as it has to be, then how many there were; status 1
if there was one. Connections are raw sockets, because libraries are too polite.
"""
import base64
import hashlib
import hmac
import json
import socket
import sys
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding



def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def load(path):
    with open(path, "rb") as file:
        return serialization.load_pem_private_key(file.read(), None)


if sys.argv[1] == "jwks":
    numbers = load(sys.argv[2]).public_key().public_numbers()
    print(json.dumps({"keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "e": part(numbers.e.to_bytes(3, "big")),
        "n": part(numbers.n.to_bytes(256, "big"))}]}))
    sys.exit(0)

url, key, limited, issuer_file, other_file, audience = sys.argv[1:7]
place = urlsplit(url)
host, port = place.hostname, place.port
ISSUER = "https://login.police.example"
PATIENCE = 20
NOW = int(time.time())

# What is not an answer of the gateway: the connection was closed without one.
CLOSED = 0


def exchange(data, half_close=False, drip=None):
    """Sends bytes and gives the status of the first answer, or CLOSED."""
    with socket.create_connection((host, port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            if drip:
                connection.settimeout(0.2)
                end = time.monotonic() + PATIENCE
                while time.monotonic() < end:
                    connection.sendall(drip)
                    try:
                        if not connection.recv(4096):
                            return CLOSED
                    except TimeoutError:
                        continue
                return "still open"
            received = b""
            while b"\r\n" not in received:
                chunk = connection.recv(4096)
                if not chunk:
                    return CLOSED
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            return CLOSED
        except TimeoutError:
            return "still open"
    line = received.split(b"\r\n")[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else "no status"


def request(method="GET", path="/v1/duties", headers=(), body=b"", version="HTTP/1.1", authorization=None, host_line=True):
    lines = [f"{method} {path} {version}".encode("latin-1") if isinstance(path, str) else method.encode() + b" " + path + b" HTTP/1.1"]
    if host_line:
        lines.append(b"Host: gateway")
    if authorization is not None:
        lines.append(b"Authorization: " + (authorization if isinstance(authorization, bytes) else authorization.encode()))
    for header in headers:
        lines.append(header if isinstance(header, bytes) else header.encode("latin-1"))
    if body and not any(h.lower().startswith((b"content-length", b"transfer-encoding")) for h in lines):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def event(**changes):
    value = {
        "specversion": "1.0", "id": "hostile", "source": "/hostile", "type": "waypost.missing.reported",
        "subject": "EP-H", "time": "2026-11-21T18:00:00Z",
        "data": {"child": {"id": "C-H", "livesIn": "derby"}, "episode": {"risk": "high"}},
    }
    value.update(changes)
    return json.dumps(value).encode()


EVENTS = ("Content-Type: application/cloudevents+json",)
BEARER = f"Bearer {key}"
trials = []


def trial(name, allowed, data, **how):
    trials.append((name, {allowed} if isinstance(allowed, int) else set(allowed), data, how))


# -- Tokens ------------------------------------------------------------------------------------------------------------

issuer, other = load(issuer_file), load(other_file)
public = issuer.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def token(header=None, claims=None, signer=None, drop=()):
    header = {"alg": "RS256", "typ": "JWT", "kid": "one"} | (header or {})
    claims = {
        "iss": ISSUER, "aud": audience, "sub": "records-system", "exp": NOW + 600, "iat": NOW - 5,
    } | (claims or {})
    for name in drop:
        header.pop(name, None)
        claims.pop(name, None)
    text = f"{part(header)}.{part(claims)}"
    if signer is None:
        signer = lambda data: issuer.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{part(signer(text.encode()))}"


def refused_token(name, text, allowed=(401, 429)):
    trial(f"token: {name}", allowed, request(authorization=f"Bearer {text}"))


none = lambda data: b""
confused = lambda data: hmac.new(public, data, hashlib.sha256).digest()
strange = lambda data: other.sign(data, padding.PKCS1v15(), hashes.SHA256())
good = token()
for name, text in {
    "expired": token(claims={"exp": NOW - 3600, "iat": NOW - 7200}),
    "expired long ago": token(claims={"exp": 1, "iat": 0}),
    "not yet": token(claims={"nbf": NOW + 3600}),
    "issued in the future": token(claims={"iat": NOW + 3600, "exp": NOW + 7200}),
    "without an end": token(drop=["exp"]),
    "good for a year": token(claims={"exp": NOW + 365 * 86400}),
    "another audience": token(claims={"aud": "https://somebody-else.example"}),
    "no audience": token(drop=["aud"]),
    "audience as a number": token(claims={"aud": 1}),
    "another issuer": token(claims={"iss": "https://evil.example"}),
    "issuer with a slash": token(claims={"iss": ISSUER + "/"}),
    "issuer as a list": token(claims={"iss": [ISSUER]}),
    "no issuer": token(drop=["iss"]),
    "nobody": token(drop=["sub"]),
    "a subject nobody mapped": token(claims={"sub": "somebody-else"}),
    "alg none": token({"alg": "none"}, signer=none),
    "alg None": token({"alg": "None"}, signer=none),
    "alg nOnE with a signature": token({"alg": "nOnE"}),
    "no alg": token(drop=["alg"]),
    "alg empty": token({"alg": ""}),
    "key confusion HS256": token({"alg": "HS256"}, signer=confused),
    "key confusion HS512": token({"alg": "HS512"}, signer=lambda d: hmac.new(public, d, hashlib.sha512).digest()),
    "RS512": token({"alg": "RS512"}, signer=lambda d: issuer.sign(d, padding.PKCS1v15(), hashes.SHA512())),
    "ES256 of an RSA key": token({"alg": "ES256"}),
    "PS256 without PSS": token({"alg": "PS256"}),
    "a stranger's signature": token(signer=strange),
    "a stranger's key named": token({"kid": "two"}, signer=strange),
    "a stranger's key brought along": token(
        {"jwk": {"kty": "RSA", "n": part(other.public_key().public_numbers().n.to_bytes(256, "big")), "e": "AQAB"}},
        signer=strange),
    "a stranger's key set brought along": token({"jku": "https://evil.example/keys", "kid": "evil"}, signer=strange),
    "a stranger's certificate brought along": token({"x5u": "https://evil.example/c.pem", "x5c": ["AAAA"]}, signer=strange),
    "kid is a path": token({"kid": "../../../../dev/null"}, signer=none),
    "kid is SQL": token({"kid": "' OR 1=1 --"}, signer=strange),
    "kid is a number": token({"kid": 1}),
    "crit": token({"crit": ["exp"]}),
    "b64 false": token({"crit": ["b64"], "b64": False}),
    "typ": token({"typ": "application/evil"}),
    "no signature": good.rsplit(".", 1)[0] + ".",
    "signature cut": good[:-8],
    "signature of something else": good.rsplit(".", 1)[0] + "." + token(claims={"sub": "x"}).rsplit(".", 1)[1],
    "two parts": good.rsplit(".", 1)[0],
    "four parts": good + ".AAAA",
    "five parts": good + ".AAAA.AAAA",
    "padding": good + "==",
    "not base64": good.replace(".", ".!", 1),
    "claims are a list": f"{part({'alg': 'RS256'})}.{part([])}.{part(b'x')}",
    "claims are no JSON": f"{part({'alg': 'RS256'})}.{part(b'{')}.{part(b'x')}",
    "a member twice": "{}.{}.{}".format(
        part(b'{"alg":"RS256","alg":"none"}'), part({"iss": ISSUER}), part(b"x")),
    "9 KiB": "A" * 9000 + ".B.C",
    "dots": "...",
    "a dot": ".",
}.items():
    refused_token(name, text)

# -- Keys and other credentials ----------------------------------------------------------------------------------------

for name, authorization in {
    "no word": key, "Basic": "Basic " + base64.b64encode(f"{key}:".encode()).decode(), "Bearer alone": "Bearer",
    "Bearer and blanks": "Bearer    ", "two keys": f"Bearer {key} {key}", "a comma": f"Bearer {key},x",
    "cut": f"Bearer {key[:-1]}", "longer": f"Bearer {key}A", "case changed": f"Bearer {key.swapcase()}",
    "its hash": "Bearer " + hashlib.sha256(key.encode()).hexdigest(), "quotes": f'Bearer "{key}"',
    "SQL": "Bearer ' OR '1'='1", "a wildcard": "Bearer %", "bytes": b"Bearer \xff\xfe\xfd",
    "a Digest": 'Digest username="x"', "8 KiB": "Bearer " + "A" * 8000,
}.items():
    trial(f"key: {name}", (400, 401, 429), request(authorization=authorization))
trial("key: in the query", (401, 429), request(path=f"/v1/duties?key={key}&access_token={key}"))
trial("key: in a cookie", (401, 429), request(headers=[f"Cookie: Authorization=Bearer {key}"]))
trial("key: in X-Api-Key", (401, 429), request(headers=[f"X-Api-Key: {key}"]))
trial("key: sent for another", (401, 429), request(headers=["X-Forwarded-User: admin", "X-Forwarded-For: 127.0.0.1"]))
trial("key: of another authority", 403, request("POST", "/v1/events", EVENTS, event(), authorization=f"Bearer {limited}"))
for number, kind in enumerate(["missing.cleared", "child.returned", "missing.categorised", "absence.reported"]):
    trial(
        f"key: of another authority, {kind}", (403, 422),
        request("POST", "/v1/events", EVENTS, event(id=f"h{number}", type=f"waypost.{kind}"),
                authorization=f"Bearer {limited}"))
trial(
    "key: of another authority, in a batch", 403,
    request("POST", "/v1/events", ["Content-Type: application/cloudevents-batch+json"], b"[" + event() + b"]",
            authorization=f"Bearer {limited}"))
for path in ["/v1/events/ev-x", "/v1/notifications/nt-x", "/v1/episodes/EP-H", "/v1/events/ev-x/plan"]:
    trial(f"somebody else's: {path}", 404, request(path=path, authorization=f"Bearer {limited}"))
for path in ["/v1/notifications/nt-x/acknowledge", "/v1/notifications/nt-x/cancel", "/v1/duties/du-x/complete"]:
    trial(f"somebody else's: {path}", 404, request("POST", path, authorization=f"Bearer {limited}"))

# -- Paths and methods -------------------------------------------------------------------------------------------------

for path in [
    "//v1//duties", "/v1/./duties", "/v1/../v1/duties", "/V1/duties", "/v1/duties%2f", "/v1/duties;a=b",
    "/v1/%2e%2e/metrics", "/..%2f..%2fetc/passwd", "/../../../../etc/passwd", "/v1/events/..%2f..%2fplan",
    "/v1\\duties", "/v1/duties%00", "/%c0%ae%c0%ae/", "/v1/stream/..", "/.git/config", "/ledger.sqlite",
    "/v1/events/%ff%fe", "/v1/", "/admin", "/v1/sources", "/v1/audit", "/.well-known/../v1/duties", "/v1/events/a/b/c",
]:
    trial(f"path: {path}", (400, 401, 404, 405, 429), request(path=path))
trial("path: absolute, another host", (400, 401, 404, 429), request(path="http://evil.example/v1/duties"))
trial("path: none", (400, CLOSED), b"GET  HTTP/1.1\r\nHost: x\r\n\r\n")
trial("path: a blank in it", (400, 404, CLOSED), b"GET /v1/du ties HTTP/1.1\r\nHost: x\r\n\r\n")
trial("path: NUL", (400, 404, CLOSED), b"GET /v1/\x00 HTTP/1.1\r\nHost: x\r\n\r\n")
trial("path: 40 KiB", (400, 404, 414, 431, CLOSED), request(path="/v1/" + "a" * 40000))
trial("path: raw bytes", (400, 401, 404, 429, CLOSED), request(path=b"/v1/\xff\xfe\xc3"))
for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "PROPFIND", "get", "G\xc9T", "A" * 100]:
    trial(f"method: {method[:10]}", (400, 401, 404, 405, 429, 501, CLOSED), request(method, "/v1/events"))
trial("method: overridden", (401, 404, 405, 429), request("GET", "/v1/events", ["X-HTTP-Method-Override: POST"]))
trial("version: 0.9", (400, 505, CLOSED), b"GET /v1/duties\r\n\r\n")
trial("version: 9.9", (400, 401, 505, CLOSED), request(version="HTTP/9.9"))
trial("version: HTTP/2 preface", (400, 505, CLOSED), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
trial("not HTTP: TLS", (400, CLOSED), bytes.fromhex("16030100a5010000a10303") + bytes(160))
trial("not HTTP: SMTP", (400, CLOSED), b"EHLO evil.example\r\nMAIL FROM:<a@evil.example>\r\n\r\n")
trial("not HTTP: noise", (400, CLOSED), bytes(range(256)) * 8 + b"\r\n\r\n")

# -- Headers and framing -----------------------------------------------------------------------------------------------

LATIN = "application/cloudevents+json"
for name, headers in {
    "a blank before the colon": [b"Authorization : Bearer x"], "a folded line": [b"X-A: b\r\n c: d"],
    "no colon": [b"nonsense"], "an empty name": [b": x"], "NUL in a value": [b"X-A: a\x00b"],
    "a lone CR": [b"X-A: a\rX-B: c"], "a name with a blank": [b"X A: b"], "a name in bytes": [b"\xff\xfe: b"],
}.items():
    trial(f"header: {name}", (400, 401, 429, CLOSED), request(headers=headers))
trial("header: 40 KiB", (400, 413, 431, CLOSED), request(headers=["X-A: " + "a" * 40000]))
trial("header: 500 of them", (400, 413, 431, CLOSED), request(headers=[f"X-{n}: a" for n in range(500)]))
for name, headers, body in [
    ("two lengths", ["Content-Length: 3", "Content-Length: 500"], b"{}x"),
    ("length and chunks", ["Content-Length: 3", "Transfer-Encoding: chunked"], b"0\r\n\r\nGET /v1/duties HTTP/1.1\r\n\r\n"),
    ("chunks twice", ["Transfer-Encoding: chunked, chunked"], b"0\r\n\r\n"),
    ("an unknown encoding", ["Transfer-Encoding: gzip"], b"x"),
    ("a blank before chunked", ["Transfer-Encoding : chunked"], b"0\r\n\r\n"),
    ("a negative length", ["Content-Length: -1"], b"x"),
    ("a length with a plus", ["Content-Length: +3"], b"{} "),
    ("a length in hex", ["Content-Length: 0x3"], b"{} "),
    ("a length of 2^70", ["Content-Length: 1180591620717411303424"], b"x"),
    ("a chunk size of 2^70", ["Transfer-Encoding: chunked"], b"fffffffffffffffff\r\nx\r\n"),
    ("a chunk size that is none", ["Transfer-Encoding: chunked"], b"zz\r\nx\r\n0\r\n\r\n"),
    ("a negative chunk size", ["Transfer-Encoding: chunked"], b"-1\r\nx\r\n0\r\n\r\n"),
]:
    trial(
        f"framing: {name}", (400, 413, 422, 501, CLOSED),
        request("POST", "/v1/events", [*EVENTS, *headers], body, authorization=BEARER), half_close=True)
trial("framing: half closed in a header", (400, CLOSED), b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAutho", half_close=True)
for cut in [0, 1, 20]:
    body = event(id=f"cut{cut}")
    trial(
        f"framing: half closed after {cut} bytes", (400, 422, CLOSED),
        request("POST", "/v1/events", [*EVENTS, f"Content-Length: {len(body)}"], body[:cut], authorization=BEARER),
        half_close=True)
trial("slow: a header that never ends", CLOSED, b"GET /v1/duties HTTP/1.1\r\nHost: x\r\n", drip=b"X-A: b\r\n")
trial(
    "slow: a body that never ends", CLOSED,
    request("POST", "/v1/events", [*EVENTS, "Content-Length: 4000000"], b"{", authorization=BEARER), drip=b" ")
trial("slow: nothing at all", CLOSED, b"")

# -- Bodies ------------------------------------------------------------------------------------------------------------

def posted(name, allowed, body, headers=EVENTS):
    trial(f"body: {name}", allowed, request("POST", "/v1/events", headers, body, authorization=BEARER))


posted("5 MiB", (413, CLOSED), b" " * (5 << 20))
posted("5 MiB announced", (413, CLOSED), b"{}", [*EVENTS, f"Content-Length: {5 << 20}"])
chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
posted("5 MiB in chunks", (413, CLOSED), chunk * 80 + b"0\r\n\r\n", [*EVENTS, "Transfer-Encoding: chunked"])
posted("nothing", (400, 422), b"", [*EVENTS, "Content-Length: 0"])
posted("no type", 415, event(), [])
for kind in ["text/plain", "multipart/form-data", "application/xml", "*/*", "x"]:
    posted(f"as {kind}", (400, 415, 422), event(), [f"Content-Type: {kind}"])
for name, body in {
    "half": event()[:-5], "twice": event() + event(), "an array": b"[" + event() + b"]", "null": b"null",
    "a number": b"1", "a text": b'"x"', "NaN": b'{"a": NaN}', "deep": b"[" * 100_000, "deep objects": b'{"a":' * 50_000,
    "not UTF-8": b'{"specversion": "\xff"}', "UTF-16": event().decode().encode("utf-16"),
    "UTF-16 with a brace's byte in a letter": '["\u2200\u7d00"]'.encode("utf-16-le"),
    "a lone surrogate": event().replace(b"EP-H", b"\\ud800"), "a member twice": b'{"id":"a",' + event()[1:],
    "1e999": event().replace(b'"high"', b"1e999"), "NUL in the id": event(id="a\u0000b"),
    "an id of 100 KiB": event(id="a" * 100_000), "a subject that is a number": event(subject=5), "another version": event(specversion="2.0"),
    "an unknown type": event(type="waypost.missing.everything"), "time as a number": event(time=1),
    "data as a text": event(data="x"), "risk unknown": event(data={"child": {"id": "c"}, "episode": {"risk": "enormous"}}),
    "the gateway's own source": event(source="waypost:time", type="waypost.time.passed"),
    "a constructor": event(data={"__proto__": {"a": 1}, "child": {"id": 1}}),
}.items():
    posted(name, (400, 403, 409, 422), body)
for name, query in {
    "limit 0": "limit=0", "limit -1": "limit=-1", "limit 2^70": "limit=1180591620717411303424", "limit words": "limit=all",
    "limit 1e3": "limit=1e3", "an unknown state": "state=everything",
}.items():
    trial(f"query: {name}", 400, request(path=f"/v1/notifications?{query}", authorization=BEARER))
trial("query: a place that is none", 400, request(path="/v1/stream?after=x", authorization=BEARER))
# An honest answer, which must not be the last one: what comes after these finds a gateway that still answers.
LAST = 2**63 - 1
trial("query: the last place there is", 200, request(path=f"/v1/stream?after={LAST}", authorization=BEARER))
for path in ["/v1/receipts", "/v1/notifications"]:
    trial(f"query: the last place of {path}", 200, request(path=f"{path}?after={LAST}", authorization=BEARER))
trial("query: a negative place", 400, request(path="/v1/receipts?after=-1", authorization=BEARER))

# -- Receipts that somebody recorded and sends again -------------------------------------------------------------------

secret = base64.b64decode("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
body = json.dumps({"notification": "nt-" + "a" * 26, "kind": "acknowledged"}).encode()
for name, stamp in {"an hour ago": NOW - 3600, "six minutes ago": NOW - 360, "in an hour": NOW + 3600, "never": 0}.items():
    signature = base64.b64encode(hmac.new(secret, f"rc-1.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
    trial(
        f"receipt: signed {name}", (401, 403, 404, 429),
        request("POST", "/v1/receipts", [
            "Content-Type: application/json", "webhook-id: rc-1", f"webhook-timestamp: {stamp}",
            f"webhook-signature: v1,{signature}"], body))
for name, headers in {
    "without a time": ["webhook-id: rc-1", "webhook-signature: v1,AAAA"],
    "with an empty signature": ["webhook-id: rc-1", f"webhook-timestamp: {NOW}", "webhook-signature: "],
    "with another kind": ["webhook-id: rc-1", f"webhook-timestamp: {NOW}", "webhook-signature: v9,AAAA"],
    "with nothing": [],
}.items():
    trial(
        f"receipt: {name}", (401, 403, 404, 429),
        request("POST", "/v1/receipts", ["Content-Type: application/json", *headers], body))
trial(
    "receipt: for somebody else's message", (403, 404),
    request("POST", "/v1/receipts", ["Content-Type: application/json"], body, authorization=f"Bearer {limited}"))

wrong = 0
for name, allowed, data, how in trials:
    status = exchange(data, **how)
    if status not in allowed:
        wrong += 1
        print(f"{name}: {status}, expected one of {sorted(allowed)}")
alive = exchange(request(path="/healthz"))
if alive != 200:
    wrong += 1
    print(f"the gateway does not answer any more: {alive}")
print(f"{len(trials)} hostile requests, {wrong} not refused as they have to be")
sys.exit(1 if wrong else 0)
