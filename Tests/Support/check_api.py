#!/usr/bin/env python3
"""check_api.py URL KEY CALLBACK_TOKEN: holds a running gateway and its OpenAPI document to each other.

KEY may do everything; the gateway's limits have to be out of the way (`limits: {perSecond: 100000, burst: 1000000}`).
Starts nothing but schemathesis. Prints what is wrong, a line each, and exits with 1; a line `ok` and 0 otherwise.

- The document is served as it is in the tree, and is valid OpenAPI 3.1.
- Every path that the sources declare is in it and the other way round, with the methods that the gateway allows.
- Its event types and facts are those of the vocabulary.
- Events made by the public cloudevents library are taken, structured and binary; the stream fits its schema.
- schemathesis finds no 5xx and no answer that the document does not foresee: with the key, and without one.

Run it with the Python of the environment that install.sh makes.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import yaml
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = TOP / "Sources/Console/API/openapi.yaml"
# For people in a browser: the document says why they are not in it.
PAGES = re.compile("/$|/(acknowledge|read|sign-in|sign-out|me|board|episodes|messages|desk|duties|agencies|protocols|statistics|report|alarms)(/|$)")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def call(url, method="GET", headers=None, body=None, timeout=10):
    """Status, headers and body, whatever the status."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def check_served(url):
    status, headers, body = call(f"{url}/openapi.yaml")
    if status != 200 or headers.get("Content-Type") != "application/yaml" or body != DOCUMENT.read_bytes():
        yield f"/openapi.yaml is not the document of the tree: {status} {headers.get('Content-Type')}"
    status, _, body = call(f"{url}/openapi.yaml", headers={"If-None-Match": headers.get("ETag", "")})
    if status != 304 or body:
        yield f"/openapi.yaml with its own ETag is answered with {status}"


def check_valid(document):
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"not OpenAPI 3.1: {'/'.join(map(str, error.absolute_path))}: {error.message}"


def declared():
    """The paths that the sources declare, as OpenAPI writes them."""
    for file in sorted((TOP / "Sources/Console").rglob("*.swift")):
        for path in re.findall(r'\bdeclare\(\s*"([^"]+)"', file.read_text()):
            path = re.sub(r":(\w+)", r"{\1}", path.replace("\\(reader.name)", "notify"))
            if not PAGES.match(path):
                yield path


def check_paths(document, url):
    sources = set(declared())
    for path in sorted(sources - document["paths"].keys()):
        yield f"{path} is declared and not in the document"
    for path in sorted(document["paths"].keys() - sources):
        yield f"{path} is in the document and not declared"
    for path, item in document["paths"].items():
        wanted = sorted(name.upper() for name in item if name in METHODS)
        status, headers, _ = call(url + re.sub(r"\{\w+\}", "x", path), "OPTIONS")
        allowed = [name.strip() for name in headers.get("Allow", "").split(",")]
        if status != 405 or allowed != wanted:
            yield f"{path} allows {allowed} ({status}), the document says {wanted}"


def check_vocabulary(document):
    text = (TOP / "Routes/vocabulary.yaml").read_text()
    vocabulary = yaml.safe_load(text)
    schemas = document["components"]["schemas"]
    types = [f"waypost.{name}" for name in vocabulary["events"]]
    if schemas["EventType"]["enum"] != types:
        yield f"the event types are not those of the vocabulary: {set(types) ^ set(schemas['EventType']['enum'])}"
    for name, domain in vocabulary["facts"].items():
        here = schemas["EventData"]
        for part in name.split("."):
            here = (here or {}).get("properties", {}).get(part)
        if here is None:
            # What is worked out is in no event: a sender cannot state it.
            if not re.search(rf"^  {re.escape(name)}:.*# (derived|data\.)", text, re.MULTILINE):
                yield f"the fact {name} is not in EventData"
        elif isinstance(domain, list) and here.get("enum") != domain + [None]:
            yield f"the values of {name} are not those of the vocabulary"
        elif isinstance(domain, str) and domain.startswith("set of"):
            if here["items"]["enum"] != yaml.safe_load(domain[len("set of "):]):
                yield f"the values of {name} are not those of the vocabulary"


def event(number):
    """An event as a sender makes it who uses the public library."""
    attributes = {
        "id": f"cloudevents-{number}", "source": "https://my-system.example/", "type": "waypost.missing.reported",
        "subject": f"EP-{number}", "specversion": "1.0", "datacontenttype": "application/json",
    }
    child = {"id": f"CH-{number}", "livesIn": "derby", "dateOfBirth": "2012-10-01", "name": {"given": "Żółć 王"}}
    return CloudEvent(attributes, {"child": child, "episode": {"risk": "high", "reportedToPolice": True}})


def check_events(url, authorization):
    binary = to_binary_event(event(2))
    # Attributes outside ASCII come percent-encoded (CloudEvents HTTP binding, section 3.1.3.2).
    encoded = to_binary_event(CloudEvent({**event(3).get_attributes(), "subject": "EP-€ 3"}, event(3).get_data()))
    for name, message in (("structured", to_structured_event(event(1))), ("binary", binary), ("encoded", encoded)):
        status, headers, body = call(
            f"{url}/v1/events", "POST", {**message.headers, **authorization}, message.body)
        if status != 202 or json.loads(body)["notifications"] == 0:
            yield f"a {name} event of the cloudevents library is answered with {status} {body.decode()}"
            continue
        status, _, body = call(url + headers["Location"], headers=authorization)
        if status != 200 or not json.loads(body)["sourceId"].startswith("cloudevents-"):
            yield f"the {name} event cannot be looked up: {status}"


def check_stream(document, url, authorization):
    schema = {"$ref": "#/components/schemas/Change", "components": document["components"]}
    validator = Draft202012Validator(schema)
    request = urllib.request.Request(f"{url}/v1/stream", headers={"Last-Event-ID": "0", **authorization})
    with urllib.request.urlopen(request, timeout=20) as answer:
        if answer.headers.get_content_type() != "text/event-stream":
            yield f"the stream is {answer.headers.get_content_type()}"
        seen = 0
        while seen < 5:
            line = answer.readline().decode()
            if not line:
                yield f"the stream ended after {seen} entries"
                break
            if line.startswith("data: "):
                seen += 1
                for error in validator.iter_errors(json.loads(line[len("data: "):])):
                    yield f"an entry of the stream is no Change: {error.message}"
    for headers, wanted in (({"Last-Event-ID": "x", **authorization}, 400), ({}, 401)):
        status, answered, _ = call(f"{url}/v1/stream", headers=headers)
        if status != wanted or answered.get_content_type() != "application/problem+json":
            yield f"the stream answers {status} {answered.get_content_type()} instead of {wanted}"


def schemathesis(url, what, more):
    """Runs it in a folder of its own, because it keeps files; the same seed makes the same requests."""
    program = pathlib.Path(sys.executable).parent / "schemathesis"
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [
                str(program), "--no-color", "--config-file", str(TOP / "Tests/Support/schemathesis.toml"), "run",
                str(DOCUMENT), "--url", url, "--seed", "1", "--generation-database", "none", "--no-shrink",
                "--continue-on-failure", "--request-timeout", "20", "--warnings", "off", "--workers", "1",
                "--exclude-path", "/v1/stream", *more,
            ],
            cwd=folder, capture_output=True, text=True)
    if run.returncode != 0:
        yield f"schemathesis, {what}:\n{run.stdout[-20000:]}{run.stderr[-2000:]}"


def check(url, key, token):
    document = yaml.safe_load(DOCUMENT.read_text())
    authorization = {"Authorization": f"Bearer {key}"}
    callback = "/v1/callbacks/notify"
    yield from check_served(url)
    yield from check_valid(document)
    yield from check_paths(document, url)
    yield from check_vocabulary(document)
    yield from check_events(url, authorization)
    yield from check_stream(document, url, authorization)
    phases = ["--phases", "examples,coverage,fuzzing"]
    yield from schemathesis(
        url, "with a key",
        [*phases, "-n", "20", "-H", f"Authorization: Bearer {key}", "--exclude-path", callback])
    yield from schemathesis(
        url, "as GOV.UK Notify",
        [*phases, "-n", "20", "-H", f"Authorization: Bearer {token}", "--include-path", callback])
    # After a while these are answered with 429: wrong credentials are counted by address.
    yield from schemathesis(
        url, "without a key",
        [*phases, "-n", "5", "--exclude-checks", "positive_data_acceptance,negative_data_rejection"])


def main():
    wrong = 0
    for line in check(*sys.argv[1:4]):
        wrong += 1
        print(line, flush=True)
    if not wrong:
        print("ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
