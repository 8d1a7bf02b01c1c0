#!/usr/bin/env python3
"""oidc_provider.py CERT KEY --redirect URI [--port N]: an OpenID provider on loopback HTTPS, until it is ended.

Prints "listening on https://127.0.0.1:PORT", which is its issuer. Code flow with PKCE only (OpenID Connect Core 1.0
section 3.1, RFC 7636, RFC 9207); client `waypost`, secret `s&cret:`, by HTTP Basic. It checks what it is sent as a strict
provider does: response type, scope, client, the whole redirect URI, state, nonce and an S256 challenge at /authorize;
client, code (good once and for a minute), redirect URI and verifier at /token. It asks nobody anything: whoever comes to
/authorize is who the last POST to /become said, a JSON object that may hold `sub`, `email`, `email_verified`, `name` and
`fault`. What is not in it is as at the start. Tokens are signed with RS256 by the openssl program.

Faults: denied, issuer-parameter, no-issuer-parameter, issuer, audience, nonce, expired, signature, algorithm-none,
unknown-key, document (another issuer's), token (500), slow (never answers at /token).
"""
import argparse
import base64
import hashlib
import hmac
import http.server
import json
import re
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

CLIENT, SECRET = "waypost", "s&cret:"
START = {"sub": "5f2c", "email": "sam@council.example", "email_verified": True, "name": "Sam Example", "fault": ""}
CODE_SECONDS = 60


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    """An RSA key that lives as long as its folder."""

    def __init__(self, folder):
        self.file = Path(folder) / "signing.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(self.file))
        modulus = bytes.fromhex(openssl("rsa", "-in", str(self.file), "-noout", "-modulus").decode().split("=")[1])
        self.number = base64url(hashlib.sha256(modulus).digest()[:8])
        self.document = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.number, "n": base64url(modulus),
                         "e": base64url(b"\x01\x00\x01")}

    def token(self, claims, fault):
        header = {"alg": "RS256", "typ": "JWT", "kid": "unknown" if fault == "unknown-key" else self.number}
        if fault == "algorithm-none":
            header["alg"] = "none"
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        if fault == "algorithm-none":
            return text + "."
        signature = openssl("dgst", "-sha256", "-sign", str(self.file), data=text.encode())
        if fault == "signature":
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        return f"{text}.{base64url(signature)}"


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


class Wrong(Exception):
    """A request that a provider refuses."""


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def setup(self):
        # Here and not on accepting, where one slow client would hold up the others.
        self.request.settimeout(self.timeout)
        self.request.do_handshake()
        super().setup()

    def log_message(self, *_):
        pass

    @property
    def who(self):
        return self.server.who

    def answer(self, status, document=None, **headers):
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Cache-Control": "no-store", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        place = urlsplit(self.path)
        issuer = self.server.issuer
        if place.path == "/.well-known/openid-configuration":
            self.answer(200, {
                "issuer": "https://other.example" if self.who["fault"] == "document" else issuer,
                "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": True})
        elif place.path == "/keys":
            self.answer(200, {"keys": [self.server.key.document]})
        elif place.path == "/authorize":
            self.guarded(lambda: self.authorise(place.query))
        else:
            self.answer(404, {"error": "not_found"})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 65536)).decode()
        if self.path == "/token":
            self.guarded(lambda: self.redeem(body))
        elif self.path == "/become":
            self.server.who = {**START, **json.loads(body)}
            self.answer(204)
        else:
            self.answer(404, {"error": "not_found"})

    def guarded(self, body):
        try:
            body()
        except Wrong as problem:
            self.answer(400, {"error": "invalid_request", "error_description": str(problem)})

    def fields(self, text):
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
        if len({name for name, _ in pairs}) != len(pairs):
            raise Wrong("a parameter stands twice")
        return dict(pairs)

    def authorise(self, query):
        asked = self.fields(query)
        for name, value in {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256",
                            "redirect_uri": self.server.redirect}.items():
            if asked.get(name) != value:
                raise Wrong(f"{name} is not {value}")
        if "openid" not in asked.get("scope", "").split():
            raise Wrong("scope has no openid")
        for name in ("state", "nonce", "code_challenge"):
            if not re.fullmatch(r"[A-Za-z0-9_-]{43,128}", asked.get(name, "")):
                raise Wrong(f"{name} is missing, short or of other letters")
        back = {"state": asked["state"]}
        if self.who["fault"] == "denied":
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(24)
            with self.server.lock:
                self.server.codes[back["code"]] = {**asked, "at": time.monotonic(), "who": dict(self.who)}
        if self.who["fault"] != "no-issuer-parameter":
            strange = self.who["fault"] == "issuer-parameter"
            back["iss"] = "https://other.example" if strange else self.server.issuer
        self.answer(303, Location=f"{self.server.redirect}?{urlencode(back)}")

    def redeem(self, body):
        fault = self.who["fault"]
        if fault == "token":
            return self.answer(500, {"error": "server_error"})
        if fault == "slow":
            return self.server.ending.wait()
        if not self.is_client():
            return self.answer(401, {"error": "invalid_client"}, WWW_Authenticate='Basic realm="provider"')
        if self.headers.get("Content-Type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
            raise Wrong("the body is no form")
        form = self.fields(body)
        if form.get("grant_type") != "authorization_code":
            raise Wrong("grant_type is not authorization_code")
        with self.server.lock:
            asked = self.server.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        challenge = base64url(hashlib.sha256(verifier.encode()).digest())
        if asked is None or time.monotonic() - asked["at"] > CODE_SECONDS:
            return self.answer(400, {"error": "invalid_grant", "error_description": "the code is not good"})
        if form.get("redirect_uri") != asked["redirect_uri"] or not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
            return self.answer(400, {"error": "invalid_grant", "error_description": "redirect URI or verifier"})
        if not hmac.compare_digest(challenge, asked["code_challenge"]):
            return self.answer(400, {"error": "invalid_grant", "error_description": "the verifier does not fit"})
        self.answer(200, {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer", "expires_in": 300,
                          "id_token": self.server.key.token(self.claims(asked, fault), fault)})

    def is_client(self):
        scheme, _, text = self.headers.get("Authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except ValueError:
            return False
        return scheme == "Basic" and unquote_plus(name) == CLIENT and unquote_plus(secret) == SECRET

    def claims(self, asked, fault):
        now = int(time.time())
        who = asked["who"]
        claims = {"iss": self.server.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims.update({name: who[name] for name in ("sub", "email", "email_verified", "name") if who[name] is not None})
        wrong = {"issuer": {"iss": "https://other.example"}, "audience": {"aud": "another"},
                 "nonce": {"nonce": "another"}, "expired": {"iat": now - 7200, "exp": now - 3600}}
        return {**claims, **wrong.get(fault, {})}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A handshake that fails is the client's to report."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("certificate")
    parser.add_argument("key")
    parser.add_argument("--redirect", required=True, help="the only address that people are sent back to")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(("127.0.0.1", options.port), Provider)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.issuer = f"https://127.0.0.1:{server.server_address[1]}"
        server.redirect, server.who = options.redirect, dict(START)
        server.key, server.codes = SigningKey(folder), {}
        server.lock, server.ending = threading.Lock(), threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"listening on {server.issuer}", flush=True)
        server.serve_forever()
        server.ending.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
