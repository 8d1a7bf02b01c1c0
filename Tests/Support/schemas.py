#!/usr/bin/env python3
"""schemas.py [--check] [--routes DIR]: the JSON Schemas by which an editor completes packs, cases and more.

Writes Documentation/Schemas/{pack,case,directory,options}.schema.json from the templates below and the words of
Routes/vocabulary.yaml. With --check it writes nothing and ends with 1 if a committed schema is not what it would write,
if a file of Routes/ does not fit its schema, or if a schema lets one of the planted mistakes at the end pass.
Everything that does not fit is printed with file, line and place.

The schemas keep to what drafts 7 and 2020-12 share ($defs apart), since many editors still read them as draft 7. They
refuse some words that the program passes over: what it cannot notice, an editor should (PROTOCOLS.md says which).
"""
import argparse
import difflib
import importlib.metadata
import json
import re
import sys
from pathlib import Path

REQUIRES = {"jsonschema": "4.26.0", "PyYAML": "6.0.3"}
TOP = Path(__file__).resolve().parents[2]
SCHEMAS = TOP / "Documentation" / "Schemas"
FILES = {
    "pack": "*/pack.yaml", "case": "*/cases/*.yaml", "directory": "directory/*.yaml", "options": "options.yaml",
}


def needed(name, version):
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = "nothing"
    if found != version:
        pins = " ".join(f"{name}=={version}" for name, version in REQUIRES.items())
        sys.exit(f"schemas.py needs {name} {version} and finds {found}: .venv/bin/pip install {pins}")


for package, pin in REQUIRES.items():
    needed(package, pin)

import jsonschema  # noqa: E402
import yaml  # noqa: E402

# ---------------------------------------------------------------- reading YAML as the program does


class NotReadable(Exception):
    pass


LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
CONSTANTS = {"true": True, "false": False, "null": None, "Null": None, "NULL": None, "~": None, "": None}


def read(text):
    """The document, and the line of each place in it. Plain words keep their text: dates, times, on, off, yes, no."""
    lines = {}

    def value(node, place):
        if isinstance(node, yaml.SequenceNode):
            return [at(item, place + (index,), item) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            result = {}
            for key, item in node.value:
                if key.value in result:
                    raise NotReadable(f"line {key.start_mark.line + 1}: `{key.value}` is here twice")
                result[key.value] = at(item, place + (key.value,), key)
            return result
        is_plain = not node.style
        if is_plain and node.value in CONSTANTS:
            return CONSTANTS[node.value]
        if is_plain and NUMBER.fullmatch(node.value):
            number = float(node.value)
            return int(number) if number.is_integer() else number
        return node.value

    def at(node, place, mark):
        lines[place] = mark.start_mark.line + 1
        return value(node, place)

    try:
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise NotReadable(str(error)) from error
    return (None, {(): 1}) if node is None else (at(node, (), node), lines)


class Vocabulary:
    def __init__(self, text):
        words = yaml.load(text, Loader=LOADER)  # every word as it is written, 999 too
        self.events = words["events"]
        self.relations = words["relations"]
        self.duties = words["duties"]
        self.share = words["share"]
        self.roles = {role: what for members in words["roles"].values() for role, what in members.items()}
        self.categories = list(words["roles"])
        self.facts = words["facts"]
        block = text.partition("\nfacts:")[2].partition("\n\n")[0]
        self.comments = dict(re.findall(r"^  ([\w.]+):.*?\s#\s*(.+)$", block, re.MULTILINE))

    def values(self, fact):
        """The words that a fact can be, or None."""
        domain = self.facts[fact]
        if isinstance(domain, list):
            return domain
        return re.split(r",\s*", domain[8:-1]) if domain.startswith("set of [") else None

    def is_set(self, fact):
        return not isinstance(self.facts[fact], list) and self.facts[fact].startswith("set of [")

    def is_derived(self, fact):
        return fact == "child.lookedAfter" or self.comments.get(fact, "").startswith("derived")


# ---------------------------------------------------------------- parts of the templates

TIME = "(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)"
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT = DATE + "[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
PERIOD = "P[0-9]+[DWMY]|PT([0-9]+[HMS])+"
SPAN = f"immediately|same day|(start of )?[1-9][0-9]* working days?|next {TIME}|{PERIOD}"
SPANS = "PT72H, PT90M, P3D, P2W, P6M, P1Y, 5 working days, start of 1 working day, same day, next 00:00, immediately"
HTTPS = "https://[^/?@#\\s\\\\]+([/?][^#\\s\\\\]*)?"
SLUG = "[a-z][a-z0-9-]{0,63}"


def ref(name, description=None):
    return {"$ref": f"#/$defs/{name}"} | ({"description": description} if description else {})


def text(description=None):
    return {"type": "string"} | ({"description": description} if description else {})


def flag(description):
    return {"type": "boolean", "description": description}


def matching(pattern, remedy, **more):
    return {"type": "string", "pattern": f"^({pattern})$", "patternErrorMessage": remedy} | more


def words(described, description=None):
    """One of these words; an editor shows what each means."""
    result = {"enum": list(described)}
    if description:
        result = {"description": description} | result
    if isinstance(described, dict):
        result["enumDescriptions"] = [what or word for word, what in described.items()]
    return result


def some(name, description=None, least=1):
    """One, or a list."""
    either = {"anyOf": [ref(name), {"type": "array", "items": ref(name)} | ({"minItems": least} if least else {})]}
    return ({"description": description} if description else {}) | either


def mapping(properties, required=(), **more):
    result = {"type": "object", "additionalProperties": False}
    return result | ({"required": list(required)} if required else {}) | more | {"properties": properties}


def items(schema, least=0):
    return {"type": "array"} | ({"minItems": least} if least else {}) | {"items": schema}


def needs_one(*kinds, remedy):
    """At least one of these keys."""
    return {"anyOf": [{"required": [kind]} for kind in kinds], "errorMessage": remedy}


def without(*keys):
    return {"properties": {key: False for key in keys}}


def given(key, then):
    return {"if": {"required": [key]}, "then": then}


URGENCY = {
    "immediate": "the text says at once, immediately or without delay; `by` is the instant itself",
    "prompt": "leaves as soon as it can (default)",
    "routine": "leaves after what presses more",
    "digest": "last in rank",
}
CONFIRM = {
    "accepted": "the next hop took the message (default)",
    "delivered": "it was delivered",
    "read": "it was read",
    "acknowledged": "a person acknowledged it",
}
MODE = {
    "message": "sent when the rule fires (default)",
    "refer": "a message that is a referral",
    "invite": "sent when the meeting of the rule's duty is called",
    "consult": "asked when the meeting of the rule's duty is called",
}
REPORT = {
    "list": "the party's children who are missing (usual for P1D)",
    "episodes": "the episodes reported in the period (usual for P7D)",
    "figures": "the statistical return of the period (usual for anything longer)",
}
INSTANTS = [
    "episode.lastSeen.at", "episode.awaySince", "episode.missingSince", "placement.startsAt", "placement.startedAt",
    "placement.endsAt", "interview.heldAt", "meeting.at",
]
# The keys of each kind of trigger: those that name it, and those that go with it.
TRIGGERS = [
    (["event"], []), (["count"], ["atLeast", "exactly", "within", "where"]),
    (["after", "every"], ["of", "where", "while", "unless"]), (["calendar"], ["at", "parties", "report"]),
    (["before"], ["of"]),
]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def shared(vocabulary):
    """Definitions that several schemas use."""
    values = {name: words(vocabulary.values(name)) for name in vocabulary.facts if vocabulary.values(name)}
    return values | {
        "event": words(vocabulary.events),
        "role": words(vocabulary.roles),
        "relation": words(vocabulary.relations),
        "duty": words(vocabulary.duties),
        "group": words(vocabulary.share),
        "authority": matching(SLUG, "Write a slug such as derby or central-bedfordshire"),
        "authorities": some("authority"),
        "events": some("event"),
        "groups": some("group", "Field groups that the recipient may see"),
        "citation": {"type": ["string", "number"]},
        "citations": some("citation"),
        "text": text(),
        "texts": some("text", least=0),
        "instant": matching(INSTANT, "Write it as 2026-03-27T22:40:00Z"),
        "period": matching(PERIOD, "Write PT24H, P1D or P1M"),
        "periods": some("period"),
        "urgency": words(URGENCY, "How soon the message leaves"),
        "confirm": words(CONFIRM, "What counts as having told"),
    }


# ---------------------------------------------------------------- pack.yaml


def fact_test(vocabulary, fact):
    domain = vocabulary.facts[fact]
    kind = f"set of {len(vocabulary.values(fact))}" if vocabulary.is_set(fact) else domain
    described = vocabulary.comments.get(fact) or ("one or more of its values" if isinstance(kind, list) else kind)
    if vocabulary.values(fact):
        return some(fact, None if described == kind else described)
    if domain == "bool":
        return flag(described)
    return ref({"authority": "authorities"}.get(domain, "comparison"), described)


def condition(name, tests):
    many = items(ref(name), least=1)
    return {name: mapping({
        "any": {"description": "one of these holds"} | many,
        "all": {"description": "every one of these holds"} | many,
        "not": ref(name, "this does not hold"),
    } | tests, description="All keys must hold; a list means any of its values")}


def recipient(**more):
    return {
        "role": ref("role", "Who"),
        "of": ref("relation", "Whose: area when absent"),
        "ofLookedAfter": ref("relation", "Instead of `of` when somebody looks after the child"),
        "when": ref("condition", "This one only if it holds"),
    } | more


def trigger_choice():
    kinds = [key for names, _ in TRIGGERS for key in names]
    keys = dict.fromkeys(key for names, more in TRIGGERS for key in names + more)
    stray = [
        given(key, without(*(other for other in keys if other not in names + more)))
        for names, more in TRIGGERS for key in names
    ]
    one = "Give it exactly one of event, count, after and/or every, calendar, before"
    return [needs_one(*kinds, remedy=one), *stray]


def rule(vocabulary):
    properties = {
        "id": text("Stable; the catalogue entry's id where a rule is one entry"),
        "section": ref("citations", "Where the text says it; a list where it stands in several places"),
        "covers": ref("texts", "Catalogue entries that this rule answers for"),
        "says": text("The rule in one sentence of our own"),
        "event": ref("events", "Fires at this event, or at any of a list"),
        "count": {"const": "missing.reported", "description": "Fires when a report makes the number"},
        "atLeast": {"type": "integer", "minimum": 1, "description": "At this number and every one after it"},
        "exactly": some("number", "At this number, or at any of a list"),
        "within": matching("P[0-9]+[DW]", "Write P90D", description="Local days, report to report; ever when absent"),
        "after": ref("span", "Fires once, this long after `of`"),
        "every": ref("span", "Fires again at this interval"),
        "of": {"description": "What a timer starts from: events; for `before` an instant of the data"},
        "where": ref("condition", "Facts at the event that starts the timer; for a count, the risk of the episodes"),
        "while": ref("condition", "Facts when it fires: the timer ends as soon as this does not hold"),
        "unless": {"description": "Events that stop the timer", "anyOf": [ref("stop"), items(ref("stop"), least=1)]},
        "calendar": words(
            ["P1D", "P7D", "P1W", "P1M", "P2M", "P3M", "P6M", "P1Y", "P12M"], "On the first day of each such period"),
        "at": matching("([01]?[0-9]|2[0-3]):[0-5][0-9]", 'Write "07:00"', description="London time; 07:00 when absent"),
        "parties": ref("authorities", "Parties that the report is for; all of the pack's when absent"),
        "report": words(REPORT, "What the report contains"),
        "before": ref("period", "Fires this long before `of`"),
        "when": ref("condition", "Condition over facts; always when absent"),
        "once": flag("At most once an episode"),
        "share": ref("groups"),
        "urgency": ref("urgency"),
        "tell": {"description": "Recipients"} | items(ref("tell"), least=1),
        "duty": ref("duty", "What the holders owe"),
        "holders": {"description": "Who owes the duty"} | items(mapping(recipient(), ["role"]), least=1),
        "by": ref("span", "Latest time of the messages and the duty"),
        "target": ref("span", "A stricter time to aim for beside the limit `by`"),
        "from": ref("start"),
        "fulfilledBy": ref("events", "Events that settle the duty"),
        "endsWhen": ref("condition", "Settled by the first later event after which this holds"),
        "remind": ref("periods", "So long before the deadline the holder is reminded, if the duty is still open"),
        "else": {"description": "Who hears after the deadline, while the duty is open"} | items(ref("rung"), least=1),
        "optional": flag("Off until a partnership switches it on"),
        "note": flag("Recorded in the plan; no message, no duty"),
    }
    owed = needs_one("tell", "duty", "note", remedy="Give it a tell or a duty, or say note: true")
    owed["anyOf"][2]["properties"] = {"note": {"const": True}}
    count = {"oneOf": [{"required": ["atLeast"]}, {"required": ["exactly"]}],
             "errorMessage": "Write atLeast: 3 or exactly: [3, 5, 9]"}
    # What is owed at once has a deadline without saying so.
    limit = needs_one("by", "urgency", remedy="Add by: it is counted from the deadline")
    limit["anyOf"][1]["properties"] = {"urgency": {"const": "immediate"}}
    rules = trigger_choice() + [
        given("count", {"properties": {"where": ref("riskCondition")}}), given("count", count),
        given("before", {"required": ["of"], "properties": {"of": ref("dataInstant")}}),
        *[given(key, {"required": ["of"], "properties": {"of": ref("events")}}) for key in ("after", "every")],
        given("duty", {"required": ["holders"]}),
        *[given(key, limit) for key in ("remind", "else")],
        {"if": {"not": {"required": ["duty"]}},
         "then": without("holders", "fulfilledBy", "endsWhen", "target", "remind", "else")},
        owed,
    ]
    return mapping(properties, ["id", "section", "says"], allOf=rules)


def pack(vocabulary):
    day = matching(f"{DATE}|{INSTANT}", "Write it as 2019-01-01, or as an instant 2019-01-01T06:00:00Z")
    comparison = {word: {"type": "number"} for word in ["gte", "gt", "lte", "lt", "eq"]}
    tests = {fact: fact_test(vocabulary, fact) for fact in vocabulary.facts}
    tell = mapping(
        recipient(
            replay={"const": "episode", "description": "Everybody already told in the episode, families excepted"},
            **{"except": some("role", "Roles that the replay leaves out")},
            share=ref("groups"), urgency=ref("urgency"),
            by={"description": "Latest time; none where only the duty has a limit",
                "anyOf": [{"type": "string", "const": "none"}, ref("span")]},
            **{"from": ref("start")}, notBefore=ref("span", "The message waits until then"), confirm=ref("confirm"),
            within=ref("span", "After this time the next channel or contact is asked; absent: options.yaml"),
            mode=words(MODE, "When it is sent")),
        allOf=[
            needs_one("role", "replay", remedy="Add a role of vocabulary.yaml, or replay: episode"),
            given("replay", without("role", "of", "ofLookedAfter", "mode")), given("role", without("except")),
        ])
    definitions = condition("condition", tests) | condition("riskCondition", {
        "episode.risk": tests["episode.risk"]}) | {
        "comparison": {"anyOf": [{"type": "number"}, mapping(comparison, minProperties=1)]},
        "number": {"type": "integer", "minimum": 1},
        "span": {"anyOf": [
            matching(SPAN, f"Write {SPANS} or {{earlierOf: [PT72H, P3D]}}", examples=SPANS.split(", ")),
            mapping({"earlierOf": items(ref("span"), least=1)}, ["earlierOf"])]},
        "dataInstant": words(INSTANTS),
        "startWord": words(["first", *INSTANTS]),
        "start": some("startWord", "Where `by` starts: the event when absent; `first`: this rule's first firing; the "
                                   "first of these instants that is stated"),
        "stop": {"anyOf": [ref("event"), mapping({"event": ref("events"), "where": ref("condition")}, ["event"])]},
        "tell": tell,
        "rung": mapping({
            "after": ref("span", "Counted from the deadline"),
            "tell": {"description": "Who hears then"} | items(ref("tell"), least=1),
            "share": ref("groups"),
            "urgency": ref("urgency"),
        }, ["after", "tell"]),
        "rule": rule(vocabulary),
        "gate": mapping({
            "role": ref("role", "Messages to this role wait for a person"),
            "section": ref("citation", "Where the text says it"),
            "when": ref("condition", "While this holds"),
            "decidedBy": ref("role", "Who decides"),
        }, ["role", "when"]),
        "notMessage": mapping(
            {"entry": text("A catalogue entry"), "why": text("Why nobody is told")}, ["entry", "why"]),
    }
    return definitions, mapping({
        "pack": text("The pack's id; several versions may share it, one after the other"),
        "title": text("What people call the protocol"),
        "source": text("Which text this is"),
        "inForce": mapping({
            "from": {"description": "First day (London) or instant", "anyOf": [{"type": "null"}, day]},
            "until": {"description": "First day or instant no longer in force", "anyOf": [{"type": "null"}, day]},
        }),
        "parties": ref("authorities", "Authorities that signed it"),
        "police": text("The force the parties share (documentation only)"),
        "frontDoor": words({
            "switches": "a shut front door's line names the out-of-hours desk (default)",
            "relays": "the line keeps the front door's name; `via` names the out-of-hours desk",
        }, "What a line says while the front door is shut"),
        "scope": ref("condition", "Children that the protocol is for"),
        "gates": {"description": "Messages that wait for a person's decision"} | items(ref("gate")),
        "rules": items(ref("rule")),
        "notMessages": {"description": "Catalogue entries that are no message and no duty"} | items(ref("notMessage")),
    }, ["pack", "title", "source", "parties", "scope", "rules"])


# ---------------------------------------------------------------- cases/*.yaml

LINE = {
    "tell": "a message that an event or a timer sets off", "report": "a message that the calendar sets off",
    "reminder": "a message to the holder before a duty's deadline", "escalation": "a message of a rung, after it",
    "duty": "a duty that becomes owed", "fulfilled": "a duty is fulfilled", "overdue": "a duty's deadline passes",
    "cancelled": "a duty is no longer owed", "note": "a note", "timer": "a timer that starts",
}
# What a line that names a recipient, and one that names a duty, can be.
KINDS = {
    "tell": ["tell", "report", "reminder", "escalation"],
    "duty": ["duty", "fulfilled", "overdue", "cancelled", "reminder", "escalation"],
}

# What an event may carry beside facts, as far as routing or a message looks at it.
CONTENT = {
    "child": {
        "id": text("The sender's reference for the child"), "aliases": items(mapping({"source": text(), "id": text()})),
        "name": {"given": text(), "family": text(), "knownAs": text()}, "dateOfBirth": "date", "sex": text(),
        "description": text(), "photograph": text(), "medical": text(), "associates": text(), "plan": text(),
        "home": text("The address"), "gp": text(),
        "school": matching("urn:[0-9]{6}", "Write urn: and six digits"),
        "placement": {"provider": text(), "name": text()},
        "contacts": items(mapping({"role": ref("role"), "name": text(), "email": text(), "agency": text()}, ["role"])),
    },
    "episode": {
        "lastSeen": {"at": "instant", "place": text()}, "destination": ref("authority"), "awaySince": "instant",
        "missingSince": "instant", "circumstances": text(), "history": text(),
    },
    "placement": {"startsAt": "instant", "startedAt": "instant", "endsAt": "instant"},
    "interview": {"heldAt": "instant", "outcome": text()},
    "meeting": {"at": "instant"},
}


def fact_value(vocabulary, fact):
    domain = vocabulary.facts[fact]
    if vocabulary.is_set(fact):
        return items(ref(fact))
    if vocabulary.values(fact):
        return ref(fact)
    most = 6 if fact == "child.placement.awayNoticeHours" else 100000
    return {
        "bool": {"type": "boolean"}, "authority": ref("authority"),
        "integer": {"type": "integer", "minimum": 0, "maximum": most},
        "number": {"type": "number", "minimum": 0, "maximum": most},
    }[domain]


def members(vocabulary):
    """`data`: every fact that is not derived, and the content above. Anything may be null, which clears it."""
    tree = json.loads(json.dumps(CONTENT))
    for fact in vocabulary.facts:
        if vocabulary.is_derived(fact):
            continue
        *path, last = fact.split(".")
        here = tree
        for step in path:
            here = here.setdefault(step, {})
        what = vocabulary.comments.get(fact)
        here[last] = fact_value(vocabulary, fact) | ({"description": what} if what else {})

    def schema(part):
        if part == "instant":
            part = ref("instant")
        elif part == "date":
            part = matching(DATE, 'Write "2012-10-01"')
        elif not {"type", "$ref", "enum"} & part.keys() or isinstance(part.get("type"), dict):
            return mapping({name: schema(inner) for name, inner in part.items()}) | {"type": ["object", "null"]}
        if isinstance(part.get("type"), str):
            return part | {"type": [part["type"], "null"]}
        return {key: value for key, value in part.items() if key == "description"} | {
            "anyOf": [{key: value for key, value in part.items() if key != "description"}, {"type": "null"}]}

    return {name: schema(part) for name, part in tree.items()}


def case(vocabulary):
    named = mapping({"id": text("step-0 for the case's first step"), "source": text("case:NAME when absent")}, ["id"])
    line = mapping({
        "tell": ref("role", "A message to this role"),
        "duty": ref("duty", "A duty of this name"),
        "note": text("A note of this rule"),
        "timer": text("A timer of this rule that starts"),
        "kind": words(LINE, "tell without it means any message but a reminder"),
        "role": ref("role", "Who owes the duty, or is told"),
        "of": ref("relation"),
        "agency": text("The directory's id"),
        "cite": ref("citations", "One of these sections, or one inside it"),
        "step": {"type": "integer", "minimum": 0,
                 "description": "Caused by this step itself, not by a timer it started; the first is 0"},
        "between": {"type": "array", "minItems": 2, "maxItems": 2, "items": ref("instant"),
                    "description": "Owed in this time, whatever the cause"},
        "by": ref("instant", "Latest time"),
        "rules": ref("texts", "expect: all of these are cited; never: none of them is"),
        "held": flag("A person decides first"),
        "urgency": ref("urgency"),
        "confirm": ref("confirm"),
        "share": some("group", "The whole list", least=0),
        "notBefore": ref("instant"),
    }, minProperties=1, allOf=[
        given(kind, without(*(other for other in ["tell", "duty", "note", "timer"] if other != kind)))
        for kind in ["tell", "duty", "note"]] + [
        given(key, {"properties": {"kind": words(kinds)}}) for key, kinds in KINDS.items()])
    step = mapping({
        "at": ref("instant", "When it happened"),
        "send": ref("event"),
        "subject": text("The episode, or the child's id"),
        "data": ref("data"),
    }, ["at", "send", "subject"], allOf=[{
        "if": {"required": ["send"], "properties": {"send": {"const": "event.withdrawn"}}},
        "then": {"required": ["data"], "properties": {"data": {"required": ["withdraws"]}}},
        "else": {"properties": {"data": without("withdraws")}},
    }])
    definitions = {
        "data": mapping(members(vocabulary) | {
            "withdraws": {"description": "event.withdrawn: the step that was wrong"} | named,
            "corrects": {"description": "Any other event: the step that this one puts right"} | named,
        }, description="Facts, and content that a message can carry; only what changed; null clears"),
        "step": step, "line": line,
    }
    return definitions, mapping({
        "case": text("The case's name"),
        "title": text("What it shows"),
        "packs": ref("texts", "Exactly these packs, whatever their dates; all when absent"),
        "options": ref("texts", "Optional rules that are switched on"),
        "timeline": {"description": "Events, in order"} | items(ref("step"), least=1),
        "until": ref("instant", "Time goes on until then"),
        "expect": {"description": "What must become owed; keys left out are not checked"} | items(ref("line")),
        "never": {"description": "What must not"} | items(ref("line")),
    }, ["case", "timeline"])


# ---------------------------------------------------------------- directory/*.yaml


def directory(vocabulary):
    weekdays = "|".join(
        f"{day}(-({'|'.join(DAYS[index:])}))?" for index, day in enumerate(DAYS))
    policy = words({
        "smime": "signed and encrypted", "tls": "over verified TLS (default)", "notice": "only a link, opened with a code",
        "opportunistic": "TLS where the server offers it",
    })
    channels = {
        "mail": mapping({
            "mail": matching("[^@\\s]+@[^@\\s]+", "Write local-part@domain"),
            "privacy": {"description": "The best first; nothing that is not listed is ever used"} | {"anyOf": [
                policy, {"type": "array", "items": policy, "minItems": 1, "uniqueItems": True}]},
            "certificates": {"description": "PEM files in Certificates/recipients"} | items(
                matching("[a-z0-9-][a-z0-9.-]*[.]pem", "Write front-door.pem"), least=1),
            "gcm": flag("The recipient reads AES-256-GCM"),
            "pin": matching("sha256//[A-Za-z0-9+/]{43}=", "Write sha256// and 44 characters of base64"),
            "readReceipt": flag("A read receipt may be asked for"),
            "signedReceipt": flag("A signed receipt may be asked for"),
        }, ["mail"]),
        "webhook": mapping({
            "webhook": matching(HTTPS, "Write https://host/path"),
            "secret": text("WAYPOST_SECRET_NAME in the environment, or secrets/NAME"),
            "signature": words({
                "hmac": "by the shared secret (default)", "ed25519": "by the gateway's own key", "both": "by both",
            }),
            "consent": flag("The endpoint is asked first (OPTIONS), and consents with WebHook-Allowed-Origin"),
            "client": matching(
                "[a-z0-9][a-z0-9-]*", "Use small letters, digits and dashes",
                description="The gateway shows secrets/client-NAME.pem, with its key secrets/client-NAME.key"),
            "tokenURL": matching(
                HTTPS, "Write https://host/path", description="Gives a bearer token (OAuth 2 client credentials)"),
            "tokenClient": text("The client's id at `tokenURL`"),
            "tokenSecret": text("The client's secret, named as `secret` is"),
            "tokenScope": text("What is asked for, words with a space between"),
            "network": words({
                "public": "nothing is sent to an address that is not public (default)",
                "private": "the endpoint is inside your own network",
            }),
        }, ["webhook"], allOf=[{
            "if": {"anyOf": [{"required": [key]} for key in ("tokenURL", "tokenClient", "tokenSecret", "tokenScope")]},
            "then": {"required": ["tokenURL", "tokenClient", "tokenSecret"]},
        }], anyOf=[
            {"required": ["secret"], "properties": {"signature": {"enum": ["hmac", "both"]}}},
            {"required": ["signature"], "properties": {"signature": {"const": "ed25519"}, "secret": False}},
        ]),
        "drop": mapping({
            "drop": matching("[a-z0-9-]+", "A folder below the gateway's drop folder"),
            "format": words({"maildir": "one mail a message (default)", "json": "one CloudEvent a message"}),
        }, ["drop"]),
        "notify": mapping({
            "notify": matching("[^@\\s]+@[^@\\s]+", "Write local-part@domain"),
            "template": matching("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "The template's id of GOV.UK Notify"),
        }, ["notify", "template"]),
        "phone": mapping({"phone": {"type": ["string", "number"], "description": "For people at a desk"}}, ["phone"]),
    }

    def desk(*habits):
        meanings = {
            "send": "goes out at any hour (default)", "wait": "what is not immediate waits for the next opening",
            "switch": "goes to the same agency's out-of-hours desk",
        }
        return mapping({
            "desk": text("What people call it"),
            "hours": text("A name under `hours`; always open when absent"),
            "whenClosed": words({habit: meanings[habit] for habit in habits}, "What happens while the desk is shut"),
            "channels": {"description": "Tried in this order"} | items(ref("channel"), least=1),
            "next": ref("role", "Who of the same agency is asked when this desk does not confirm"),
        }, ["channels"])

    roles = {role: ref("frontDoor" if role == "childrens-services.front-door" else "desk", what)
             for role, what in vocabulary.roles.items()}
    definitions = {
        "channel": {"anyOf": list(channels.values())},
        "desk": desk("send", "wait"),
        "frontDoor": desk("send", "wait", "switch"),
        "week": mapping({"bankHolidays": words(["closed", "open"], "closed when absent")}, patternProperties={
            f"^({weekdays})$": matching(f"{TIME}-{TIME}", 'Write "09:00-17:00"')}),
        "agency": mapping({
            "id": text("An authority's own slug; schools urn:100001; otherwise a slug of its own"),
            "name": text("What people call it"),
            "kind": words(["authority", "police", "health", "school", "care", "national", "partnership"]),
            "areas": {"description": 'Authorities it answers for; ["*"] for national bodies',
                      "anyOf": [ref("area"), items(ref("area"))]},
            "roles": {"description": "Its desks, by role"} | mapping(roles),
            "knownAs": ref("texts", "care: names a sender may use in child.placement.name or .provider"),
            "hours": text("By which clock.officeHours is judged; office when absent"),
            "fallback": ref("role", "The desk that takes what the agency has no desk for"),
            "dutyDesk": ref("role", "The desk that is always staffed, asked last when nobody confirms"),
        }, ["id", "kind"]),
        "area": matching(f"\\*|{SLUG}", 'Write a slug such as derby, or "*"'),
    }
    return definitions, mapping({
        "agencies": items(ref("agency")),
        "hours": {
            "type": "object", "description": "Opening hours by name, London time",
            "additionalProperties": {"anyOf": [{"type": "string", "const": "always"}, ref("week")]},
        },
    })


# ---------------------------------------------------------------- options.yaml


def options(vocabulary):
    # Plain spans: the program reads no earlierOf here.
    definitions = {
        "time": matching(SPAN, f"Write {SPANS}", examples=["PT15M", "PT2H", "P1D"]),
        "anyRole": words({name: "every role of this category" for name in vocabulary.categories} | vocabulary.roles),
        "anyRoles": some("anyRole"),
    }
    within = {level: ref("time", what) for level, what in CONFIRM.items()}
    return definitions, mapping({
        "switchedOn": ref("texts", "Optional rules that hold, by id"),
        "reminders": {"description": "By duty: so long before its deadline the holder is reminded"} | mapping(
            {duty: ref("periods") for duty in vocabulary.duties}),
        "confirmation": mapping({
            "within": mapping(within, description="After this time the next channel or contact is asked, by level"),
            "highRisk": mapping({
                "within": ref("time", "After this time the next channel or contact is asked"),
                "urgency": some("urgency", "Messages of these urgencies; immediate and prompt when absent"),
                "roles": ref("anyRoles", "What these roles, or these categories of roles, are told"),
                "except": ref("anyRoles", "Behind these there is no person"),
            }, ["within", "roles"], description="While a child at high risk is missing, a person has to acknowledge"),
        }, description="How hard Waypost asks whether a message has arrived"),
    })


# ---------------------------------------------------------------- writing

TITLES = {
    "pack": "A protocol as data", "case": "A case of a pack", "directory": "Who is who, and how each is reached",
    "options": "What a partnership has chosen beyond its texts",
}
TEMPLATES = {"pack": pack, "case": case, "directory": directory, "options": options}


def reached(schema, definitions, found):
    """The definitions that a schema uses, itself or through others."""
    if isinstance(schema, dict):
        name = schema.get("$ref", "").removeprefix("#/$defs/") if isinstance(schema.get("$ref"), str) else ""
        if name and name not in found:
            found.add(name)
            reached(definitions[name], definitions, found)
        for part in schema.values():
            reached(part, definitions, found)
    elif isinstance(schema, list):
        for part in schema:
            reached(part, definitions, found)
    return found


def build(kind, vocabulary):
    own, root = TEMPLATES[kind](vocabulary)
    definitions = shared(vocabulary) | own
    used = reached(root, definitions, set())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLES[kind],
        "$comment": "Written by Tests/Support/schemas.py from Routes/vocabulary.yaml: change those, not this.",
    } | root | {"$defs": {name: part for name, part in definitions.items() if name in used}}


def printed(value, indent=0, room=0):
    """JSON with as much on a line as fits in 120 columns."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + room + len(line) <= 119 or not isinstance(value, (dict, list)) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = []
        for key, item in value.items():
            head = json.dumps(key, ensure_ascii=False) + ": "
            parts.append(pad + head + printed(item, indent + 2, len(head)))
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    if any(isinstance(item, (dict, list)) for item in value):
        return "[\n" + ",\n".join(pad + printed(item, indent + 2) for item in value) + "\n" + " " * indent + "]"
    lines, row = [], pad
    for index, item in enumerate(value):
        word = json.dumps(item, ensure_ascii=False) + ("," if index + 1 < len(value) else "")
        if len(row) + len(word) > 119 and row.strip():
            lines.append(row.rstrip())
            row = pad
        row += word + " "
    return "[\n" + "\n".join([*lines, row.rstrip()]) + "\n" + " " * indent + "]"


# ---------------------------------------------------------------- checking


def near(word, known):
    found = difflib.get_close_matches(str(word), [str(item) for item in known], 1)
    return f"; did you mean `{found[0]}`" if found else ""


def told(error):
    """(place, what is wrong) of one violation."""
    place, schema, value = tuple(error.absolute_path), error.schema, error.instance
    if error.validator == "not":
        return place, "does not belong here"
    if error.validator in ("anyOf", "oneOf") and "errorMessage" in schema:
        return place, schema["errorMessage"]
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        stray = [key for key in value if key not in known and not any(re.search(p, key) for p in patterns)]
        return place + (stray[0],), f"is no key of this{near(stray[0], known)}"
    if error.validator == "required":
        return place, error.message
    if error.validator in ("enum", "const"):
        known = schema.get("enum", [schema.get("const")])
        return place, f"is never {json.dumps(value)}{near(value, known)}"
    if error.validator == "pattern":
        return place, f"is not {json.dumps(value)}: {schema.get('patternErrorMessage', schema['pattern'])}"
    return place, error.message if len(error.message) < 160 else f"{error.message[:160]}…"


def leaf(error):
    """The most telling violation below an anyOf: that of the alternative which the value comes nearest to."""
    while error.context and "errorMessage" not in error.schema:
        branches = {}
        for part in error.context:
            branches.setdefault(part.schema_path[0], []).append(part)

        def distance(parts):
            here = [part.validator for part in parts if not part.path]
            deepest = max(len(part.path) for part in parts)
            return "type" in here, "additionalProperties" in here, -deepest, "const" in here

        error = min(branches.values(), key=distance)[0]
    return error


def explicit(schema):
    """The same schema with `false` spelt out: jsonschema forgets the place of a plain one."""
    if isinstance(schema, dict):
        return {key: {"not": {}} if part is False and key != "additionalProperties" else explicit(part)
                for key, part in schema.items()}
    return [explicit(part) for part in schema] if isinstance(schema, list) else schema


def violations(validator, document):
    found = {told(leaf(error)) for error in validator.iter_errors(document)}
    return sorted(found, key=str)


def dotted(place):
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".") or "the file"


def misfits(validator, file):
    try:
        document, lines = read(file.read_text(encoding="utf-8"))
    except NotReadable as error:
        return [f"{file}: {error}"]
    return [f"{file}:{lines.get(place) or lines.get(place[:-1], 1)}: {dotted(place)} {what}"
            for place, what in violations(validator, document)]


# A right file of each kind, and mistakes that its schema has to refuse, each with the place where it must say so.
SAMPLES = {
    "pack": """
pack: sample
title: Sample
source: none
inForce: {from: 2019-01-01, until: 2026-01-01T06:00:00Z}
parties: [derby]
frontDoor: relays
scope: {any: [{child.livesIn: derby}, {child.lookedAfterBy: [derby, derbyshire]}]}
gates:
  - {role: family.parents, when: {child.contactParentsHarmful: true}, decidedBy: childrens-services.social-worker}
rules:
  - id: told
    section: "4.1"
    says: Told.
    event: [missing.reported, missing.categorised]
    when: {child.lookedAfter: true, not: {episode.risk: [low, absent]}, child.age: {lt: 18}}
    share: [status, identity]
    urgency: prompt
    tell:
      - {role: iro, of: responsible, confirm: acknowledged, within: PT30M, mode: message, by: PT6H}
      - {replay: episode, except: [iro]}
  - id: counted
    section: ["4.2", "5"]
    says: Counted.
    count: missing.reported
    exactly: [3, 5]
    within: P90D
    where: {episode.risk: medium}
    duty: risk-review
    holders: [{role: police.missing-unit}]
    by: {earlierOf: [PT72H, 5 working days]}
    from: [placement.startedAt, placement.startsAt]
    fulfilledBy: meeting.held
    remind: [PT24H, P2D]
    else:
      - {after: PT0H, tell: [{role: childrens-services.team-manager}]}
      - {after: P2D, share: [status], urgency: immediate, tell: [{role: childrens-services.head-of-service}]}
  - id: timed
    section: "6"
    says: Timed.
    every: P5D
    of: missing.reported
    while: {episode.open: true}
    unless: [child.found, {event: meeting.held, where: {meeting.kind: missing}}]
    note: true
  - {id: reported, section: "7", says: Reported., calendar: P1M, at: "10:00", report: list, parties: [derby],
      note: true}
  - {id: ahead, section: "8", says: Ahead., before: P1D, of: placement.startsAt, note: true}
notMessages: [{entry: scope, why: nobody is told}]
""",
    "case": """
case: sample
packs: [sample]
timeline:
  - at: 2026-03-27T22:40:00Z
    send: missing.reported
    subject: EP-1
    data: {child: {id: CH-1, livesIn: derby, openTo: [], placement: {kind: foster}}, episode: {abroad: no, risk: null}}
  - {at: 2026-03-28T22:40:00Z, send: event.withdrawn, subject: EP-1, data: {withdraws: {id: step-0}}}
until: 2026-03-29T00:00:00Z
expect:
  - {tell: iro, of: responsible, cite: ["6.8"], step: 0, share: [status], held: false}
  - {tell: iro, kind: reminder}
  - {duty: return-interview, kind: cancelled}
never:
  - {duty: return-interview, between: [2026-03-27T00:00:00Z, 2026-03-28T00:00:00Z]}
""",
    "directory": """
agencies:
  - id: derby
    name: Derby
    kind: authority
    areas: [derby]
    dutyDesk: childrens-services.out-of-hours
    roles:
      childrens-services.front-door:
        next: childrens-services.team-manager
        whenClosed: switch
        hours: office
        channels: [{mail: door@derby.example, privacy: [smime, tls], certificates: [door.pem]}, {webhook: "https://a.example/", secret: derby}]
      iro: {channels: [{phone: "01632 960101"}]}
hours:
  office: {monday-friday: "09:00-17:00", bankHolidays: closed}
  round-the-clock: always
""",
    "options": """
switchedOn: [told]
reminders:
  return-interview: [PT24H, P2D]
  core-group: P1D
confirmation:
  within: {accepted: PT2M, delivered: PT30M, read: 1 working day, acknowledged: PT1H}
  highRisk:
    within: PT15M
    urgency: [immediate, prompt]
    roles: [police, iro]
    except: [police.case-system]
""",
}
FRONT_DOOR = "agencies[0].roles.childrens-services.front-door."
MISTAKES = {
    "pack": [
        ("frontDoor: relays", "frontdoor: relays", "frontdoor"),
        ("frontDoor: relays", "frontDoor: relay", "frontDoor"),
        ("until: 2026-01-01T06:00:00Z", "until: 2026", "inForce.until"),
        ("parties: [derby]\nf", "parties: [Derby]\nf", "parties[0]"),
        ("{child.livesIn: derby}", "{child.livesin: derby}", "scope.any[0].child.livesin"),
        ("title: Sample\n", "", "the file"),
        ("decidedBy: childrens-services.social-worker", "decidedBy: social-worker", "gates[0].decidedBy"),
        ("    says: Told.\n", "    sais: Told.\n", "rules[0].sais"),
        ("missing.categorised]", "missing.categorized]", "rules[0].event[1]"),
        ("    event: [missing.reported, missing.categorised]\n", "", "rules[0]"),
        ("    says: Told.\n", "    says: Told.\n    calendar: P1M\n", "rules[0].calendar"),
        ("    says: Told.\n", "    says: Told.\n    count: missing.reported\n    atLeast: 3\n", "rules[0].count"),
        ("    says: Told.\n", "    says: Told.\n    within: P90D\n", "rules[0].within"),
        ("[low, absent]", "[low, none]", "rules[0].when.not.episode.risk[1]"),
        ("child.lookedAfter: true", "child.lookedAfter: yes", "rules[0].when.child.lookedAfter"),
        ("{lt: 18}", "{below: 18}", "rules[0].when.child.age.below"),
        ("[status, identity]", "[status, identities]", "rules[0].share[1]"),
        ("urgency: prompt", "urgency: soon", "rules[0].urgency"),
        ("{role: iro,", "{role: irr,", "rules[0].tell[0].role"),
        ("of: responsible", "of: placing", "rules[0].tell[0].of"),
        ("confirm: acknowledged", "confirm: yes", "rules[0].tell[0].confirm"),
        ("within: PT30M", "within: 30 minutes", "rules[0].tell[0].within"),
        ("mode: message", "mode: mail", "rules[0].tell[0].mode"),
        ("by: PT6H", "by: 6 hours", "rules[0].tell[0].by"),
        ("{replay: episode, ", "{replay: episode, role: iro, ", "rules[0].tell[1].role"),
        ("    exactly: [3, 5]\n", "", "rules[1]"),
        ("    exactly: [3, 5]\n", "    exactly: [3, 5]\n    atLeast: 3\n", "rules[1]"),
        ("within: P90D", "within: PT90H", "rules[1].within"),
        ("where: {episode.risk: medium}", "where: {child.careLeaver: true}", "rules[1].where.child.careLeaver"),
        ("duty: risk-review", "duty: review", "rules[1].duty"),
        ("    holders: [{role: police.missing-unit}]\n", "", "rules[1]"),
        ("    duty: risk-review\n", "", "rules[1].holders"),
        ("5 working days]", "5 workdays]", "rules[1].by.earlierOf[1]"),
        ("placement.startsAt]\n", "placement.begins]\n", "rules[1].from[1]"),
        ("    by: {earlierOf: [PT72H, 5 working days]}\n", "", "rules[1]"),
        ("remind: [PT24H, P2D]", "remind: [PT24H, same day]", "rules[1].remind[1]"),
        ("    says: Told.\n", "    says: Told.\n    remind: PT24H\n", "rules[0].remind"),
        ("    else:\n", "    otherwise:\n", "rules[1].otherwise"),
        ("{after: PT0H, tell", "{tell", "rules[1].else[0]"),
        ("{after: PT0H, tell", "{after: 0 hours, tell", "rules[1].else[0].after"),
        ("{after: P2D, share: [status]", "{after: P2D, by: P1D, share: [status]", "rules[1].else[1].by"),
        ("[{role: childrens-services.head-of-service}]", "[]", "rules[1].else[1].tell"),
        ("[{role: childrens-services.team-manager}]", "[{role: team-manager}]", "rules[1].else[0].tell[0].role"),
        ("every: P5D", "every: P5", "rules[2].every"),
        ("    of: missing.reported\n", "", "rules[2]"),
        ("    every: P5D\n", "    every: P5D\n    at: \"07:00\"\n", "rules[2].at"),
        ("unless: [child.found,", "unless: [child.fond,", "rules[2].unless[0]"),
        ("    note: true\n  - {id: reported", "  - {id: reported", "rules[2]"),
        ("calendar: P1M", "calendar: P5M", "rules[3].calendar"),
        ("report: list", "report: lists", "rules[3].report"),
        ("    says: Told.\n", "    says: Told.\n    report: list\n", "rules[0].report"),
        ("before: P1D, of: placement.startsAt", "before: P1D, of: placement.planned", "rules[4].of"),
        ("before: P1D", "before: same day", "rules[4].before"),
        ("why: nobody", "reason: nobody", "notMessages[0].reason"),
    ],
    "case": [
        ("case: sample", "name: sample", "name"),
        ("send: missing.reported", "send: missing.report", "timeline[0].send"),
        ("at: 2026-03-27T22:40:00Z", "at: 2026-03-27 22:40", "timeline[0].at"),
        ("livesIn: derby", "livesin: derby", "timeline[0].data.child.livesin"),
        ("openTo: []", "openTo: [police]", "timeline[0].data.child.openTo[0]"),
        ("abroad: no", "abroad: false", "timeline[0].data.episode.abroad"),
        ("{id: CH-1,", "{id: CH-1, age: 14,", "timeline[0].data.child.age"),
        (", data: {withdraws: {id: step-0}}", "", "timeline[1]"),
        ("{child: {id", "{withdraws: {id: step-0}, child: {id", "timeline[0].data.withdraws"),
        ("{tell: iro, of", "{tell: officer, of", "expect[0].tell"),
        ("{tell: iro, of", "{tel: iro, of", "expect[0].tel"),
        ("{tell: iro, of", "{tell: iro, duty: record, of", "expect[0].duty"),
        ("{tell: iro, of", "{tell: iro, kind: overdue, of", "expect[0].kind"),
        ("kind: reminder", "kind: reminders", "expect[1].kind"),
        ("kind: cancelled", "kind: report", "expect[2].kind"),
        ("of: responsible", "of: the responsible", "expect[0].of"),
        ("step: 0,", "step: first,", "expect[0].step"),
        ("held: false", "held: no", "expect[0].held"),
        (", 2026-03-28T00:00:00Z]", "]", "never[0].between"),
    ],
    "directory": [
        ("kind: authority", "kind: council", "agencies[0].kind"),
        ("  - id: derby\n    name: Derby", "  - name: Derby", "agencies[0]"),
        ("whenClosed: switch", "whenclosed: switch", FRONT_DOOR + "whenclosed"),
        ("      iro: {", "      iro: {whenClosed: switch, ", "agencies[0].roles.iro.whenClosed"),
        ("      iro: {", "      irr: {", "agencies[0].roles.irr"),
        ("{channels: [{phone: \"01632 960101\"}]}", "{channels: []}", "agencies[0].roles.iro.channels"),
        ("https://a.example/", "http://a.example/", FRONT_DOOR + "channels[1].webhook"),
        (", secret: derby", "", FRONT_DOOR + "channels[1]"),
        (", secret: derby", ", secret: derby, signature: rsa", FRONT_DOOR + "channels[1].signature"),
        (", secret: derby", ", secret: derby, network: lan", FRONT_DOOR + "channels[1].network"),
        (", secret: derby", ", secret: derby, consent: often", FRONT_DOOR + "channels[1].consent"),
        (", secret: derby", ", secret: derby, client: ../key", FRONT_DOOR + "channels[1].client"),
        (", secret: derby", ", secret: derby, tokenScope: a", FRONT_DOOR + "channels[1]"),
        ("privacy: [smime, tls]", "privacy: [smime, none]", FRONT_DOOR + "channels[0].privacy[1]"),
        ("monday-friday", "monday-fryday", "hours.office.monday-fryday"),
        ("monday-friday", "friday-monday", "hours.office.friday-monday"),
        ("09:00-17:00", "9 to 5", "hours.office.monday-friday"),
        ("bankHolidays: closed", "bankHolidays: shut", "hours.office.bankHolidays"),
        ("dutyDesk: childrens-services.out-of-hours", "dutyDesk: Emergency duty team", "agencies[0].dutyDesk"),
        ("next: childrens-services.team-manager", "next: team-manager", FRONT_DOOR + "next"),
        ("      iro: {", "      iro: {then: iro, ", "agencies[0].roles.iro.then"),
    ],
    "options": [
        ("switchedOn: [told]", "switchedon: [told]", "switchedon"),
        ("  return-interview: [", "  return-interviews: [", "reminders.return-interviews"),
        ("[PT24H, P2D]", "[PT24H, 2 days]", "reminders.return-interview[1]"),
        ("[PT24H, P2D]", "[PT24H, same day]", "reminders.return-interview[1]"),
        ("accepted: PT2M", "taken: PT2M", "confirmation.within.taken"),
        ("delivered: PT30M", "delivered: 30", "confirmation.within.delivered"),
        ("delivered: PT30M", "delivered: {earlierOf: [PT30M]}", "confirmation.within.delivered"),
        ("highRisk:", "highrisk:", "confirmation.highrisk"),
        ("    within: PT15M\n", "", "confirmation.highRisk"),
        ("    roles: [police, iro]\n", "", "confirmation.highRisk"),
        ("urgency: [immediate, prompt]", "urgency: [immediate, soon]", "confirmation.highRisk.urgency[1]"),
        ("roles: [police, iro]", "roles: [police, officers]", "confirmation.highRisk.roles[1]"),
        ("[police.case-system]", "[police.casesystem]", "confirmation.highRisk.except[0]"),
    ],
}


def unrefused(kind, validator):
    """Planted mistakes that the schema lets pass, or places elsewhere."""
    right, _ = read(SAMPLES[kind])
    problems = [f"{kind} sample: {dotted(place)} {what}" for place, what in violations(validator, right)]
    for old, new, place in MISTAKES[kind]:
        if SAMPLES[kind].count(old) != 1:
            problems.append(f"{kind} sample: {old!r} is not there once")
            continue
        wrong, _ = read(SAMPLES[kind].replace(old, new))
        found = [dotted(where) for where, _ in violations(validator, wrong)]
        if place not in found:
            instead = ", ".join(found) or "no place"
            problems.append(f"{kind} sample: {new!r} for {old!r} is not refused at {place}, but at {instead}")
    return problems


def check(schemas, routes):
    problems, count = [], 0
    for kind, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        file = SCHEMAS / f"{kind}.schema.json"
        if not file.exists() or file.read_text(encoding="utf-8") != printed(schema) + "\n":
            problems.append(f"{file} is not what schemas.py writes from {routes}/vocabulary.yaml: run schemas.py")
        validator = jsonschema.Draft202012Validator(explicit(schema))
        problems += unrefused(kind, validator)
        for file in sorted(routes.glob(FILES[kind])):
            count += 1
            problems += misfits(validator, file)
    if not count:
        problems.append(f"{routes} holds no pack, case, directory or options file")
    for problem in problems:
        print(problem)
    planted = sum(map(len, MISTAKES.values()))
    print(f"{len(schemas)} schemas, {count} files, {planted} planted mistakes: {len(problems)} problems")
    return 1 if problems else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="write nothing; say what is wrong")
    arguments.add_argument("--routes", type=Path, default=TOP / "Routes", help="the folder with vocabulary and packs")
    given_arguments = arguments.parse_args()
    routes = given_arguments.routes
    vocabulary = Vocabulary((routes / "vocabulary.yaml").read_text(encoding="utf-8"))
    schemas = {kind: build(kind, vocabulary) for kind in TEMPLATES}
    if given_arguments.check:
        return check(schemas, routes)
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    for kind, schema in schemas.items():
        (SCHEMAS / f"{kind}.schema.json").write_text(printed(schema) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
