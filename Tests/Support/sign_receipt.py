#!/usr/bin/env python3
"""sign_receipt.py SECRET ID TIMESTAMP: signs standard input as a recipient's system would, with a library that is not ours.

Prints the value of webhook-signature for a body that leaves as webhook-id ID at TIMESTAMP (unix seconds). Run it with the
Python of the environment that install.sh makes.
"""
import datetime
import sys

from standardwebhooks import Webhook

secret, identifier, timestamp = sys.argv[1:4]
at = datetime.datetime.fromtimestamp(int(timestamp), tz=datetime.timezone.utc)
print(Webhook(secret).sign(identifier, at, sys.stdin.read()), end="")
