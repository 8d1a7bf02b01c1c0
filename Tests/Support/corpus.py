#!/usr/bin/env python3
"""corpus.py DIR: writes the corpus of mails that come back to the gateway, and expected.tsv, into DIR.

corpus.py --check DIR exits with 1 when DIR does not hold exactly what this script writes. Both also read every mail
with Python's own parser and compare what it says with the expected row (read(), at the end), so that a row that does
not fit its mail is never written.

Everything here is invented: the wording is ours, mailboxes and hosts are under .example, addresses are those set aside
for documentation. The field names and set phrases are what the servers print. No mail carries the content of a message.

A template returns text with LF; write() makes CRLF of it unless the case asks otherwise.
"""

import base64
import hashlib
import hmac
import quopri
import re
import sys
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.errors import UndecodableBytesDefect
from email.utils import format_datetime
from pathlib import Path

KEY = bytes([7]) * 32
PASSED = ("Authentication-Results: mx.waypost.example; dkim=pass header.d=school.example; "
          "dmarc=pass header.from=school.example\n")
OTHER_KEY = bytes([8]) * 32
COLUMNS = "file answer action status id match note".split()
UTF8_DESK = "dienst@bücher.example"
BEGIN = datetime(2026, 3, 27, 22, 40, 0, tzinfo=timezone.utc)

# What we sent, and where the answer carries the tag.


def base32(data):
    return base64.b32encode(data).decode().lower()


def token(identifier, channel, key=KEY):
    text = f"answer\0{identifier}\0{channel}".encode()
    return base32(hmac.new(key, text, hashlib.sha256).digest())[:16]


class Sent:
    """One mail of ours that was answered, and the place of the tag in the answer:

    envid      Original-Envelope-Id, To and the returned headers
    to         To only (the returned headers, if any, lack what carries it)
    to+        To and the returned headers
    delivered  Delivered-To only        original  X-Original-To only        envelope  Envelope-To only
    returned   Return-Path and Reply-To of the returned headers only
    nowhere    not in it
    """

    def __init__(self, name, place="envid", channel=0, key=KEY):
        self.name, self.place, self.channel = name, place, channel
        self.id = "nt-" + base32(hashlib.sha256(name.encode()).digest())[:26]
        self.tag = f"{self.id}.{channel}.{token(self.id, channel, key)}"
        self.tag_shown = self.tag
        self.number = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
        self.message_id = f"<{self.id}@waypost.example>"
        self.subject = f"A child has been reported missing [immediate, ref {self.id}]"
        self.desk = "duty@council.example"

    def date(self, minutes=0):
        return format_datetime(BEGIN + timedelta(minutes=self.number % 40000 + minutes))

    def box(self, name="bounce"):
        return f"{name}+{self.tag_shown}@waypost.example"

    def to(self, name="bounce"):
        return self.box(name) if self.place in ("envid", "to", "to+") else f"{name}@waypost.example"

    @property
    def queue(self):
        return f"4Z{self.number:08X}z1k"

    @property
    def envid(self):
        return f"Original-Envelope-Id: {self.tag}\n" if self.place == "envid" else ""

    def trace(self, host, name="bounce", sender="", authentication=""):
        """What our own server puts on top."""
        by = {
            "delivered": f"Delivered-To: {self.box(name)}\n", "original":
            f"X-Original-To: {self.box(name)}\nDelivered-To: reports@waypost.example\n", "envelope":
            f"Envelope-To: {self.box(name)}\n"
        }.get(self.place, "")
        return (f"Return-Path: <{sender}>\n{by}{authentication}"
                f"Received: from {host} ({host} [192.0.2.{self.number % 200 + 20}])\n"
                f"\tby mx.waypost.example (Postfix) with ESMTPS id {self.queue[::-1]};\n\t{self.date(15)}\n")

    def returned(self, host="mail.council.example"):
        """The headers of our mail as they come back; no content."""
        tagged = self.place not in ("to", "delivered", "original", "envelope", "nowhere")
        return (f"Return-Path: <{self.box()}>\n" if tagged else "") + self.headers(host, tagged)

    def headers(self, host, tagged=True):
        return (f"Received: from mail.waypost.example (mail.waypost.example [198.51.100.7])\n"
                f"\tby {host} with ESMTPS id {self.queue};\n\t{self.date()}\n"
                f"Date: {self.date()}\nFrom: Waypost <gateway@waypost.example>\nTo: {self.desk}\n" +
                (f"Reply-To: {self.box('answer')}\nDisposition-Notification-To: {self.box('receipt')}\n"
                 if tagged else "")
                + f"Message-ID: {self.message_id}\nSubject: {self.subject}\nAuto-Submitted: auto-generated\n"
                f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n")


def mime(boundary, *parts, close=True):
    """Each part is its header fields, a blank line and its text."""
    return "".join(f"--{boundary}\n{part.rstrip()}\n\n" for part in parts) + (f"--{boundary}--\n" if close else "")


def base64_lines(text):
    return base64.encodebytes(text.replace("\n", "\r\n").encode()).decode()


# Templates: delivery reports, one per server.


def postfix(sent, action, status, said, mta="dns; mx.council.example", host="mail.council.example", more=(),
            utf8=False, returned=True, envelope=None):
    title = {"failed": "Undelivered Mail Returned to Sender", "delayed":
             "Delayed Mail (still being retried)"}.get(action, "Successful Mail Delivery Report")
    headers = {"failed": "Undelivered Message Headers", "delayed":
               "Delayed Message Headers"}.get(action, "Message Headers")
    boundary = f"{sent.queue}.{1774600000 + sent.number % 90000}/{host}"
    if utf8:
        sent.desk = UTF8_DESK
    address = "utf-8" if utf8 else "rfc822"
    kind = "message/global-delivery-status" if utf8 else "message/delivery-status"
    groups = "".join(
        f"\nFinal-Recipient: {address}; {desk}\nOriginal-Recipient: {address};{desk}\nAction: {what}\nStatus: {code}\n"
        + (f"Remote-MTA: {mta}\n" if "X-Postfix" not in why else "") + f"Diagnostic-Code: {why}\n"
        + (f"Will-Retry-Until: {sent.date(7200)}\n" if what == "delayed" else "")
        for desk, what, code, why in [(sent.desk, action, status, said), *more])
    parts = [
        f"Content-Description: Notification\nContent-Type: text/plain; charset={'utf-8' if utf8 else 'us-ascii'}\n" +
        ("Content-Transfer-Encoding: 8bit\n" if utf8 else "")
        + f"\nThis is the mail system at host {host}.\n\nA note on a mail that passed here; see the report below.\n\n"
        f"                   The mail system\n\n<{sent.desk}>: {said.partition('; ')[2]}\n",
        f"Content-Description: Delivery report\nContent-Type: {kind}\n" +
        ("Content-Transfer-Encoding: 8bit\n" if utf8 else "") + f"\nReporting-MTA: dns; {host}\n" +
        (sent.envid if envelope is None else f"Original-Envelope-Id: {envelope}\n")
        + f"X-Postfix-Queue-ID: {sent.queue}\nX-Postfix-Sender: rfc822; bounce@waypost.example\n"
        f"Arrival-Date: {sent.date()}\n{groups}"
    ]
    if returned:
        parts.append(f"Content-Description: {headers}\n"
                     f"Content-Type: {'message/global-headers' if utf8 else 'text/rfc822-headers'}\n"
                     + ("Content-Transfer-Encoding: 8bit\n" if utf8 else "") + f"\n{sent.returned(host)}")
    return f"""{sent.trace(host)}Received: by {host} (Postfix)
	id {sent.queue[:8]}; {sent.date(2)}
Date: {sent.date(2)}
From: MAILER-DAEMON@{host} (Mail Delivery System)
Subject: {title}
To: {sent.to()}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{boundary}"
{"Content-Transfer-Encoding: 8bit" + chr(10) if utf8 else ""}Message-Id: <{sent.queue[:8]}.{sent.number}@{host}>

This is a MIME-encapsulated message.

{mime(boundary, *parts)}"""


def exim(sent, action, status, said, host="mx1.hospital.example", whole=False):
    subject = {
        "failed": "Mail delivery failed: returning message to sender", "delayed":
        f"Warning: message 1w{sent.queue[2:8]}-00000001abc-0xyz delayed 24 hours"
    }.get(action, "Delivery Status Notification")
    boundary = f"{1774600000 + sent.number % 90000}-eximdsn-{sent.number % 999983}"
    failed = f"X-Failed-Recipients: {sent.desk}\n" if action == "failed" else ""
    envid = sent.envid.replace("-Id", "-ID")
    return f"""{sent.trace(host)}Received: from Debian-exim by {host} with local (Exim 4.98)
	id 1w{sent.queue[2:8]}-00000002def-1uvw
	for bounce@waypost.example;
	{sent.date(2)}
{failed}Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@{host}>
To: {sent.to()}
References: {sent.message_id}
Content-Type: multipart/report; report-type=delivery-status; boundary={boundary}
MIME-Version: 1.0
Subject: {subject}
Message-Id: <E1w{sent.queue[2:8]}-00000002def-1uvw@{host}>
Date: {sent.date(2)}

{mime(boundary, f'''Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

Concerning the mail to this address:

  {sent.desk}
    {said.partition("; ")[2]}
''', f'''Content-type: message/delivery-status

Reporting-MTA: dns; {host}
{envid}
Action: {action}
Final-Recipient: rfc822;{sent.desk}
Status: {status}
Remote-MTA: dns; mail.hospital.example
Diagnostic-Code: {said}
''', f'''Content-type: {"message/rfc822" if whole else "text/rfc822-headers"}

{sent.returned(host)}''')}"""


def exim_plain(sent, action, status, said, host="mail.school.example", title=None):
    """Before 4.82: no report, only text. The status is the code in the text, or the class alone."""
    if action == "failed":
        title = title or "Mail delivery failed: returning message to sender"
        failed = f"X-Failed-Recipients: {sent.desk}\n"
        text = f"""A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {sent.desk}
{said}
------ This is a copy of the message, including all the headers. ------

{sent.returned(host)}"""
    else:
        title = title or f"Warning: message 1w{sent.queue[2:8]}-0001ab-Cd delayed 24 hours"
        failed = ""
        text = f"""A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on {host}.

The message identifier is:     1w{sent.queue[2:8]}-0001ab-Cd
The subject of the message is: {sent.subject}

The address to which the message has not yet been delivered is:

  {sent.desk}
{said}
Nothing needs to be done; delivery is tried for some time yet.
"""
    return f"""{sent.trace(host)}Received: from mailnull by {host} with local (Exim 4.69)
	id 1w{sent.queue[2:8]}-0002cd-Ef
	for bounce@waypost.example; {sent.date(2)}
{failed}Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@{host}>
To: {sent.to()}
Subject: {title}
Message-Id: <E1w{sent.queue[2:8]}-0002cd-Ef@{host}>
Date: {sent.date(2)}

This message was created automatically by mail delivery software.

{text}"""


def exchange(sent, action, status, said, host="EX01.council.example", text="base64", extra="", blank="\n"):
    """Exchange and Exchange Online; text is base64, html or quoted-printable."""
    title = {
        "failed": "Undeliverable", "delayed": "Delivery delayed", "relayed": "Relayed", "delivered": "Delivered"
    }[action]
    words = f"{title}: {sent.subject}\n\n{sent.desk}\n{said}\n"
    html = f"<html><body><p><b>{title}</b></p><p>{sent.desk}</p><p>{said}</p></body></html>\n"
    boundary = f"_{sent.number:08x}-0a0b-4c0d-8e0f-{sent.number:012x}_"
    inner = f"b{boundary}"
    if text == "html":
        first = (f'Content-Type: text/html; charset="us-ascii"\nContent-Transfer-Encoding: quoted-printable\n\n'
                 f"{quopri.encodestring(html.encode()).decode()}")
    elif text == "base64":
        first = f'Content-Type: multipart/alternative; differences=Content-Type;\n\tboundary="{inner}"\n\n' + mime(
            inner, f'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n'
            f"{base64_lines(words)}",
            f'Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n'
            f"{base64_lines(html)}")
    else:
        first = (f'Content-Type: text/plain; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n'
                 f"{quopri.encodestring(words.encode()).decode()}")
    retry = f"Will-Retry-Until: {sent.date(2880)}\n" if action == "delayed" else ""
    diagnostic = f"Diagnostic-Code: {said}\n" if said else ""
    return f"""{sent.trace(host)}From: Microsoft Outlook
	<MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@council.example>
To: <{sent.to()}>
Date: {sent.date(2)}
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{boundary}"
Content-Language: en-GB
Message-ID: <{sent.number:08x}-1a1b-4c1d-8e1f-0123456789ab@{host}>
In-Reply-To: {sent.message_id}
References: {sent.message_id}
Thread-Topic: {sent.subject}
Subject: {title}: {sent.subject}
Auto-Submitted: auto-replied
{"X-MS-Exchange-Message-Is-Ndr:" + chr(10) if action == "failed" else ""}{extra}MIME-Version: 1.0

{mime(boundary, first, f'''Content-Type: message/delivery-status

{blank if blank != chr(10) else ""}Reporting-MTA: dns;{host}
{sent.envid}Received-From-MTA: dns;mail.waypost.example
Arrival-Date: {sent.date()}
{blank}Final-Recipient: rfc822;{sent.desk}
Action: {action}
Status: {status}
{diagnostic}{retry}X-Display-Name: Duty desk
''', f'''Content-Type: text/rfc822-headers

{sent.returned(host)}''')}"""


def gmail(sent, action, status, said, host="mx.workspace.example"):
    title = "Delay" if action == "delayed" else "Failure"
    boundary, related, inner = (f"{part}{sent.number:012x}064f"
                                for part in ("000000000000", "00000000000a", "00000000000b"))
    failed = f"X-Failed-Recipients: {sent.desk}\n" if action == "failed" else ""
    words = f"About your mail to {sent.desk}: {title.lower()}."
    texts = mime(inner, f'Content-Type: text/plain; charset="UTF-8"\n\n{words}',
                 f'Content-Type: text/html; charset="UTF-8"\n\n<html><body><p>{words}</p></body></html>')
    icon = ('Content-Type: image/png; name="icon.png"\nContent-Disposition: attachment; filename="icon.png"\n'
            "Content-Transfer-Encoding: base64\nContent-ID: <icon.png>\n\niVBORw0KGgo=")
    notice = f'Content-Type: multipart/related; boundary="{related}"\n\n' + mime(
        related, f'Content-Type: multipart/alternative; boundary="{inner}"\n\n{texts}', icon)
    return f"""{sent.trace(host)}X-Received: by 2001:db8:a05:6214::1 with SMTP id {sent.queue};
        {sent.date(2)}
Received: by 2001:db8:a05:6214::2 with SMTP id {sent.queue[:9]};
        {sent.date(2)}
Content-Type: multipart/report; boundary="{boundary}"; report-type=delivery-status
To: {sent.to()}
{failed}Auto-Submitted: auto-replied
Subject: Delivery Status Notification ({title})
Message-ID: <{sent.number:08x}.{sent.queue}.1@{host}>
References: {sent.message_id}
In-Reply-To: {sent.message_id}
From: Mail Delivery Subsystem <mailer-daemon@workspace.example>
Date: {sent.date(2)}
MIME-Version: 1.0

{mime(boundary, notice, f'''Content-Type: message/delivery-status

Reporting-MTA: dns; workspace.example
Received-From-MTA: dns; gateway@waypost.example
Arrival-Date: {sent.date()}
X-Original-Message-ID: {sent.message_id}
{sent.envid}
Final-Recipient: rfc822; {sent.desk}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.council.example. (192.0.2.66, the server for the domain
 council.example.)
Diagnostic-Code: {said}
Last-Attempt-Date: {sent.date(2)}
''', f'''Content-Type: text/rfc822-headers

{sent.returned(host)}''')}"""


def sendmail(sent, action, status, said, host="relay.police.example", word=""):
    title, auto, section = {
        "failed": ("Returned mail: see transcript for details", "failure", "had permanent fatal errors"), "delayed":
        ("Warning: could not send message for past 4 hours", "warning-timeout", "had transient non-fatal errors")
    }.get(action, ("Return receipt", "return-receipt", "had successful delivery notifications"))
    number = f"62R{sent.queue[2:9]}"
    boundary = f"{number}.{1774600000 + sent.number % 90000}/{host}"
    return f"""{sent.trace(host)}Received: from localhost (localhost)
	by {host} (8.18.1/8.18.1) id {number};
	{sent.date(2)}
Date: {sent.date(2)}
From: Mail Delivery Subsystem <MAILER-DAEMON@{host}>
Message-Id: <20260327.{number}@{host}>
To: <{sent.to()}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{boundary}"
Subject: {title}
Auto-Submitted: auto-generated ({auto})

This is a MIME-encapsulated message

{mime(boundary, f'''
The original message was received at {sent.date()}
from mail.waypost.example [198.51.100.7]

   ----- The following addresses {section} -----
<{sent.desk}>  {word}

   ----- Transcript of session follows -----
<{sent.desk}>... {said.partition("; ")[2]}
''', f'''Content-Type: message/delivery-status

{sent.envid}Reporting-MTA: dns; {host}
Received-From-MTA: DNS; mail.waypost.example
Arrival-Date: {sent.date()}

Final-Recipient: RFC822; {sent.desk}
Action: {action}{" " + word if word else ""}
Status: {status}
Remote-MTA: DNS; mx.police.example
Diagnostic-Code: {said}
Last-Attempt-Date: {sent.date(2)}
''', f'''Content-Type: text/rfc822-headers

{sent.returned(host)}''')}"""


def qmail(sent, action, status, said, host="mail.charity.example"):
    """QSBMF: no MIME, one paragraph for each address, then a copy."""
    return f"""{sent.trace(host)}Received: (qmail {sent.number % 30000} invoked for bounce); {sent.date(2)}
Date: {sent.date(2)}
From: MAILER-DAEMON@{host}
To: {sent.to()}
Subject: failure notice

Hi. This is the qmail-send program at {host}.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{sent.desk}>:
{said}

--- Below this line is a copy of the message.

{sent.returned(host)}
"""


def courier(sent, action, status, said, host="mail.clinic.example"):
    title = {"failed": "NOTICE: mail delivery status.", "delayed":
             "WARNING: mail delivery delayed."}.get(action, "NOTICE: mail delivery receipt.")
    boundary = f"=_courier-{sent.number % 100}"
    envid = sent.envid.replace("-Id", "-ID")
    return f"""{sent.trace(host)}Received: from localhost (localhost [127.0.0.1])
  (ftp://ftp.isi.edu/in-notes/rfc1894.txt)
  by {host} with dsn; {sent.date(2)}
From: "Courier mail server at {host}" <postmaster@{host}>
To: {sent.to()}
Subject: {title}
Mime-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
    boundary="{boundary}"
Content-Transfer-Encoding: 7bit
Message-ID: <courier.{sent.number:016X}.{sent.queue}@{host}>
Date: {sent.date(2)}

{mime(boundary, f'''Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: 7bit

This is a delivery status notification from {host},
running the Courier mail server, about {sent.desk}.
''', f'''Content-Type: message/delivery-status
Content-Transfer-Encoding: 7bit

Reporting-MTA: dns; {host}
{envid}Arrival-Date: {sent.date()}
Received-From-MTA: dns; mail.waypost.example (mail.waypost.example [198.51.100.7])

Final-Recipient: rfc822; {sent.desk}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.clinic.example [192.0.2.71]
Diagnostic-Code: {said}
''', f'''Content-Type: text/rfc822-headers
Content-Disposition: attachment
Content-Transfer-Encoding: 7bit

{sent.returned(host)}''')}"""


def gateway(sent, action, status, said, host="filter.trust.example"):
    """A filtering gateway (Haraka, Proofpoint) that packs the whole report with a disclaimer into multipart/mixed."""
    outer, inner = f"outer_{sent.number:x}", f"outer_{sent.number:x}_report"
    report = f"""Content-Type: multipart/report; report-type=delivery-status;
 boundary="{inner}"

{mime(inner, f'''Content-Type: text/plain; charset=us-ascii

Hi. This is the filter at {host}. Status of your mail to {sent.desk}: {action}.
''', f'''Content-Type: message/delivery-status

Reporting-MTA: dns;{host}
{sent.envid}Arrival-Date: {sent.date()}

Final-Recipient: rfc822;{sent.desk}
Action: {action}
Status: {status}
Diagnostic-Code: {said}
''', f'''Content-Type: text/rfc822-headers

{sent.returned(host)}''')}"""
    disclaimer = """Content-Type: text/plain; charset="utf-8"
Content-Disposition: inline
Content-Transfer-Encoding: 8bit

This mail is for the person it is addressed to – tell the sender when that is not you.
"""
    return f"""{sent.trace(host)}Received: from pps.filter.trust.example (localhost [127.0.0.1])
	by {host} (8.18.1.2/8.18.1.2) with ESMTP id {sent.queue};
	{sent.date(2)}
From: MAILER-DAEMON <postmaster@trust.example>
To: <{sent.to()}>
Subject: {"Message status - undeliverable" if action == "failed" else "Message status"}
Date: {sent.date(2)}
Message-ID: <{sent.queue}.{sent.number:x}@{host}>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="{outer}"
Auto-Submitted: auto-replied
X-Proofpoint-Virus-Version: vendor=example engine=0 definitions=0
X-Proofpoint-Spam-Details: rule=notspam policy=default score=0

{mime(outer, report, disclaimer)}"""


def ses(sent, action, status, said, host="a1-23.smtp-out.cloudmail.example"):
    boundary = f"----=_Part_{sent.number % 999999}_{sent.number % 7777}.{1774600000000 + sent.number}"
    return f"""{sent.trace(host)}X-Original-Message-ID: {sent.message_id}
From: MAILER-DAEMON@cloudmail.example
To: {sent.to()}
Subject: Delivery Status Notification (Failure)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{boundary}"
Message-ID: <0102019d{sent.number:08x}-a1b2c3d4-0000@cloudmail.example>
Date: {sent.date(2)}
X-SES-Outgoing: 2026.03.27-192.0.2.110
Feedback-ID: ::1.eu-west-2.invented=:AmazonSES

{mime(boundary, f'''Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit
Content-Description: Notification

The mail could not be handed over to: {sent.desk}
''', f'''Content-Type: message/delivery-status
Content-Transfer-Encoding: 7bit
Content-Description: Delivery Status Notification

Reporting-MTA: dns; {host}
{sent.envid}
Action: {action}
Final-Recipient: rfc822; {sent.desk}
Diagnostic-Code: {said}
Status: {status}
''', f'''Content-Type: message/rfc822
Content-Description: Undelivered Message

{sent.returned(host)}''')}"""


def domino(sent, action, status, said, host="NOTES1.school.example"):
    boundary = f"==IFJRGLKFGIR{sent.number}UHRUHIHD"
    title = f"DELIVERY FAILURE: {said.partition('; ')[2]}" if action == "failed" else f"DELIVERED: {sent.subject}"
    return f"""{sent.trace(host)}From: Postmaster@school.example
To: {sent.to()}
Subject: {title}
Date: {sent.date(2)}
Message-ID: <OF{sent.number:08X}.00000001-ON80257A1B.00000002@school.example>
MIME-Version: 1.0
X-MIMETrack: Itemize by SMTP Server on NOTES1/School(Release 6.5.6|March 06, 2007)
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

{mime(boundary, f'''Content-Type: text/plain; charset=us-ascii

Your message

  Subject: {sent.subject}

status at {sent.desk}: {action}
''', f'''Content-Type: message/delivery-status

Reporting-MTA: dns;{host}
{sent.envid}
Final-Recipient: rfc822;{sent.desk}
Action: {action}
Status: {status}
Diagnostic-Code: {said[:70]}
 {said[70:] or "."}
''', f'''Content-Type: message/rfc822

{sent.returned(host)}''')}"""


def opensmtpd(sent, action, status, said, host="mx.shelter.example"):
    title = {"failed": "error", "delayed": "delayed"}.get(action, "success")
    boundary = f"{sent.number:016x}/{host}"
    return f"""{sent.trace(host)}Received: from {host} (localhost [local])
	by {host} (OpenSMTPD) with LMTP id {sent.number:08x};
	{sent.date(2)}
Subject: Delivery status notification: {title}
From: Mailer Daemon <MAILER-DAEMON@{host}>
To: {sent.to()}
Date: {sent.date(2)}
MIME-Version: 1.0
Content-Type: multipart/mixed;boundary="{boundary}"
Message-ID: <{sent.number:016x}@{host}>

This is a MIME-encapsulated message.

{mime(boundary, f'''Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    About {sent.desk}: {said.partition("; ")[2]}
''', f'''Content-Description: Delivery Report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
{sent.envid}
Final-Recipient: rfc822; {sent.desk}
Action: {action}
Status: {status}
''', f'''Content-Description: Message headers
Content-Type: text/rfc822-headers

{sent.returned(host)}''')}"""


def mimecast(sent, action, status, said, host="eu-smtp-1.protect.example"):
    boundary = f"MCBoundary=_1260327{sent.number:010d}"
    return f"""{sent.trace(host)}X-MC-Unique: {sent.queue}-1
X-Mimecast-MFC-AGG-ID: {sent.queue}_{sent.number}
Date: {sent.date(2)}
From: <postmaster@council.example>
To: <{sent.to()}>
Message-ID: <{sent.queue}-1@{host}>
Subject: [Postmaster] {"Email Delivery Failure" if action == "failed" else "Email Delivery Status"}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="{boundary}"

{mime(boundary, f'''Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: 7bit

<html><body><table><tr><td>{sent.desk}</td><td>{action}</td></tr></table></body></html>
''', f'''Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
{sent.envid}
Final-Recipient: rfc822; {sent.desk}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.council.example (192.0.2.66)
Diagnostic-Code: {said}
''', f'''Content-Type: text/rfc822-headers

{sent.returned(host)}''')}"""


def odd(sent, fields, host="mail.odd.example", kind='multipart/report; report-type=delivery-status; boundary="odd"',
        boundary="odd", head="Content-Type: message/delivery-status", text="See the report.", close=True, last=True,
        gap="\n\n", preamble=""):
    """A report whose fields, part header or boundaries are given by the case."""
    parts = [f"Content-Type: text/plain; charset=us-ascii\n\n{text}\n", f"{head}{gap}{fields}"]
    if last:
        parts.append(f"Content-Type: text/rfc822-headers\n\n{sent.returned(host)}")
    body = mime(boundary, *parts, close=close)
    return f"""{sent.trace(host)}Date: {sent.date(2)}
From: Mail Delivery System <postmaster@{host}>
To: {sent.to()}
Subject: Delivery report
Message-ID: <{sent.queue}@{host}>
MIME-Version: 1.0
Content-Type: {kind}
Auto-Submitted: auto-replied

{preamble}{body}"""


def plain_fields(sent, action, status, said="smtp; 250 2.0.0 queued", host="mail.odd.example"):
    return (f"Reporting-MTA: dns; {host}\n{sent.envid}\nFinal-Recipient: rfc822; {sent.desk}\nAction: {action}\n"
            f"Status: {status}\nDiagnostic-Code: {said}\n")


# Templates: disposition notifications, automatic answers, replies, loops.


def mdn(sent, disposition, host="mail.council.example", subject="Read: ", agent="Mail", extra="", original=True,
        utf8=False, fields=None, head="", returned=False):
    """disposition is the value of the field; fields replaces all fields."""
    kind = "message/global-disposition-notification" if utf8 else "message/disposition-notification"
    boundary = f"mdn_{sent.number:08x}"
    if utf8:
        sent.desk = UTF8_DESK
    if fields is None:
        fields = (f"Reporting-UA: {host}; {agent}\n"
                  f"Original-Recipient: {'utf-8' if utf8 else 'rfc822'};{sent.desk}\n"
                  f"Final-Recipient: {'utf-8' if utf8 else 'rfc822'};{sent.desk}\n" +
                  (f"Original-Message-ID: {sent.message_id}\n" if original else "")
                  + f"Disposition: {disposition}\n{extra}")
    parts = [
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n"
        f"A note on your mail to {'the desk' if utf8 else sent.desk}.\n", f"{head or f'Content-Type: {kind}'}\n" +
        ("Content-Transfer-Encoding: 8bit\n" if utf8 else "") + f"\n{fields}"
    ]
    if returned:
        parts.append(f"Content-Type: text/rfc822-headers\n\n{sent.returned(host)}")
    return f"""{sent.trace(host, "receipt")}\
From: Duty desk <{"duty@council.example" if utf8 else sent.desk}>
To: {sent.to("receipt")}
Subject: {subject}{sent.subject}
Date: {sent.date(9)}
Message-ID: <{sent.number:08x}.read@{host}>
References: {sent.message_id}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification;
 boundary="{boundary}"

{mime(boundary, *parts)}"""


def answer(sent, title=None, text="Received, thank you.", fields="", sender="duty@school.example", box="answer",
           host="mail.school.example", authentication="", author=None, to=None, content=None, body=None,
           envelope=None):
    """A mail that somebody, or something in their place, wrote back."""
    content = content or "text/plain; charset=utf-8"
    return f"""{sent.trace(host, box, sender if envelope is None else envelope, authentication)}\
{fields}From: {author or f"Duty desk <{sender}>"}
To: {to or f"<{sent.to(box)}>"}
Subject: {(title or "Re: {subject}").format(subject=sent.subject, id=sent.id)}
Date: {sent.date(12)}
Message-ID: <{sent.number:08x}.{sent.queue}@{host}>
In-Reply-To: {sent.message_id}
References: {sent.message_id}
MIME-Version: 1.0
Content-Type: {content}

{body or text + chr(10)}"""


def loop(sent, host="mail.council.example", above=""):
    """Our own mail, come back to us as it is."""
    return (sent.trace(host, "answer", sender=sent.box()) + above + sent.headers(host)
            + "\n(The text is left out of the corpus.)\n")


def hops(sent, count):
    return "".join(
        f"Received: from hop{number - 1}.forward.example (hop{number - 1}.forward.example [198.51.100.{number}])\n"
        f"\tby hop{number}.forward.example with ESMTP id L{number:03d}{sent.queue};\n\t{sent.date(1)}\n"
        for number in range(count, 0, -1))


# The cases.

Case = namedtuple("Case", "name answer action status id match note text newline broken")
CASES = []


def add(name, kind, sent, text, note, action="-", status="-", match="yes", identifier=None, newline="\r\n",
        broken=False):
    """broken: Python's parser may find defects in it, for the mail is meant to have them."""
    CASES.append(
        Case(name + ".eml", kind, action, status, sent.id if identifier is None else identifier, match, note, text,
             newline, broken))


def delivery(name, place, action, status, template, said, note, channel=0, newline="\r\n", **details):
    sent = Sent(name, place, channel)
    match, identifier = ("no", "-") if place == "nowhere" else ("yes", None)
    add(name, "delivery", sent, template(sent, action, status, said, **details), note, action, status, match,
        identifier, newline)


def receipt(name, place, kind, disposition, note, channel=0, newline="\r\n", broken=False, **details):
    sent = Sent(name, place, channel)
    add(name, "disposition", sent, mdn(sent, disposition, **details), note, kind, newline=newline, broken=broken)


def strange(name, place, action, status, note, fields=None, change=None, broken=False, newline="\r\n", **details):
    """fields and details may name {tag}, {envid} and {desk}; change makes something else of the finished fields."""
    sent = Sent(name, place)
    known = {"tag": sent.tag, "envid": sent.envid, "desk": sent.desk}
    said = "smtp; 550 5.1.1 nobody" if action == "failed" else "smtp; 250 2.0.0 queued"
    text = fields.format(**known) if fields else plain_fields(sent, action, status, said)
    details = {key: value.format(**known) if isinstance(value, str) else value for key, value in details.items()}
    add(name, "delivery", sent, odd(sent, change(text) if change else text, **details), note, action, status,
        broken=broken, newline=newline)


def malformed(name, place, note, make, broken=False):
    sent = Sent(name, place)
    text = make(sent)
    add(name, "malformed", sent, odd(sent, **text) if isinstance(text, dict) else text, note, broken=broken)


def postfix_cases():
    unknown = ("smtp; 550 5.1.1 <duty@council.example>: Recipient address rejected:\n"
               "    User unknown in virtual mailbox table")
    taken = "smtp; 250 2.0.0 Ok: queued as 9F2C41"
    delivery("postfix-delivered", "envid", "delivered", "2.0.0", postfix, "X-Postfix; delivered to mailbox",
             "success, mailbox")
    delivery("postfix-delivered-to-only", "to", "delivered", "2.0.0", postfix,
             "X-Postfix; delivered to command: /usr/lib/dovecot/deliver", "the tag is in To only")
    delivery("postfix-delivered-lmtp", "delivered", "delivered", "2.0.0", postfix, "smtp; 250 2.0.0 Saved",
             "channel 2, the tag is in Delivered-To only", channel=2, mta="dns; private/dovecot-lmtp")
    delivery("postfix-delivered-channel-12", "envid", "delivered", "2.0.0", postfix,
             "X-Postfix; delivered to mailbox", "a channel of two digits", channel=12)
    delivery("postfix-relayed", "envid", "relayed", "2.0.0", postfix, taken, "the next hop takes no DSN")
    delivery("postfix-relayed-original-to", "original", "relayed", "2.6.0", postfix,
             "smtp; 250 2.6.0 Queued for delivery", "the tag is in X-Original-To only")
    delivery("postfix-failed-user-unknown", "envid", "failed", "5.1.1", postfix, unknown, "refused by the next hop")
    delivery("postfix-failed-user-unknown-local", "to", "failed", "5.1.1", postfix, 'X-Postfix; unknown user: "duty"',
             "no such local user")
    delivery("postfix-failed-policy", "envid", "failed", "5.7.1", postfix,
             "smtp; 554 5.7.1 Service unavailable; Client host\n"
             "    [198.51.100.7] blocked using list.example",
             "blocked; the text has an address that looks like a code")
    delivery("postfix-failed-expired", "envid", "failed", "4.4.1", postfix,
             "X-Postfix; connect to\n    mx.council.example[192.0.2.66]:25: Connection timed out",
             "queue lifetime expired: failed with a code of class 4")
    delivery("postfix-failed-hops", "to+", "failed", "5.4.6", postfix,
             "X-Postfix; mail for council.example loops back to myself",
             "a loop elsewhere is a failed delivery, not a loop of ours")
    delivery(
        "postfix-failed-no-headers", "to", "failed", "5.1.2", postfix,
        "X-Postfix; Host or domain name not found. Name service error for\n"
        "    name=council.example type=AAAA: Host not found",
        "two parts only", returned=False)
    delivery("postfix-delayed-greylisted", "envid", "delayed", "4.2.0", postfix,
             "smtp; 450 4.2.0 <duty@council.example>: Recipient address\n    rejected: Greylisted", "greylisted")
    delivery("postfix-delayed-timeout", "to+", "delayed", "4.4.1", postfix,
             "X-Postfix; connect to mx.council.example[2001:db8::66]:25:\n    Connection timed out",
             "connection timed out")
    delivery("postfix-expanded", "envid", "expanded", "2.0.0", postfix, "X-Postfix; alias expanded", "an alias")
    delivery("postfix-two-delivered-first", "envid", "delivered", "2.0.0", postfix, "X-Postfix; delivered to mailbox",
             "second recipient failed",
             more=[("night@council.example", "failed", "5.1.1", 'X-Postfix; unknown user: "night"')])
    delivery(
        "postfix-three-failed-first", "to", "failed", "5.2.2", postfix, "smtp; 552 5.2.2 Mailbox full",
        "then relayed, then delayed", more=[("night@council.example", "relayed", "2.0.0", taken),
                                            ("day@council.example", "delayed", "4.7.0", "smtp; 451 4.7.0 Try later")])
    delivery("postfix-global-delivered", "envid", "delivered", "2.0.0", postfix, "X-Postfix; delivered to mailbox",
             "SMTPUTF8: message/global-delivery-status", utf8=True)
    delivery("postfix-global-failed", "to+", "failed", "5.6.7", postfix,
             "smtp; 550 5.6.7 Non-ASCII addresses not permitted: dienst@bücher.example", "SMTPUTF8, refused",
             utf8=True)
    delivery("postfix-foreign-envid", "to+", "failed", "5.1.1", postfix, unknown,
             "the envelope id is a relay's own; the tag is in To", envelope="QQ314159265")
    delivery("postfix-returned-only", "returned", "failed", "5.1.1", postfix, unknown,
             "the tag is in Return-Path and Reply-To of the returned headers only")
    delivery("postfix-no-tag", "nowhere", "failed", "5.1.1", postfix, unknown, "no tag anywhere, only our Message-ID")


def exim_cases():
    delivery("exim-failed", "envid", "failed", "5.1.1", exim, "smtp; 550 5.1.1 No such user here",
             "Exim 4.98, refused by the next hop")
    delivery("exim-failed-envelope-to", "envelope", "failed", "5.0.0", exim, "smtp; 550 Unrouteable address",
             "the tag is in Envelope-To only")
    delivery("exim-failed-whole", "to+", "failed", "5.2.2", exim, "smtp; 552 5.2.2 Over quota",
             "message/rfc822 as the third part", whole=True)
    delivery("exim-delivered", "envid", "delivered", "2.0.0", exim, "smtp; 250 Ok", "success")
    delivery("exim-relayed", "envid", "relayed", "2.0.0", exim, "smtp; 250 OK id=1wAbCd-0000000000a-0b1c", "relayed")
    delivery("exim-delayed", "to", "delayed", "4.0.0", exim, "smtp; 451 Try again later", "a delay as a report")
    delivery(
        "exim-plain-failed", "to", "failed", "5.1.1", exim_plain,
        "    SMTP error from remote mail server after RCPT TO:<duty@council.example>:\n"
        "    host mx.council.example [192.0.2.66]: 550 5.1.1 unknown here\n",
        "Exim 4.69: text and X-Failed-Recipients")
    delivery("exim-plain-failed-no-code", "to+", "failed", "5.0.0", exim_plain, "    Unrouteable address\n",
             "no code in the text")
    delivery("exim-plain-failed-lf", "returned", "failed", "5.7.1", exim_plain,
             "    host mx.council.example [192.0.2.66]: 554 5.7.1 not wanted\n",
             "bare LF; the tag is in the copied headers only", newline="\n")
    delivery("exim-plain-delayed", "to", "delayed", "4.7.1", exim_plain,
             "    Delay reason: host mx.council.example [192.0.2.66]: 451 4.7.1 greylisted\n",
             "a warning as plain text")
    delivery("exim-plain-delayed-no-code", "to", "delayed", "4.0.0", exim_plain, "", "a warning without a reason")


def exchange_cases():
    missing = "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
    online = ("X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\nX-MS-PublicTrafficType: Email\n"
              "X-MS-TrafficTypeDiagnostic: AM0EXAMPLE:EE_|AM0EXAMPLE:EE_\n"
              "X-MS-Exchange-CrossTenant-OriginalArrivalTime: 27 Mar 2026 22:42:00.0000\n (UTC)\n"
              "X-MS-Exchange-CrossTenant-FromEntityHeader: Hosted\n")
    delivery("exchange-failed-not-found", "envid", "failed", "5.1.10", exchange, missing,
             "text and html in base64; a code of two digits")
    delivery("exchange-failed-not-found-html", "to+", "failed", "5.1.10", exchange, missing,
             "html only, quoted-printable", text="html", extra=online)
    delivery(
        "exchange-failed-mailbox-full", "to", "failed", "5.2.2", exchange,
        "smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException."
        "MapiExceptionShutoffQuotaExceeded; Failed to process message",
        "a diagnostic in one long line", extra=online)
    delivery(
        "exchange-failed-blocked", "envid", "failed", "5.4.1", exchange,
        "smtp;550 5.4.1 Recipient address rejected: Access denied.\n"
        " [AM0EXAMPLE.eur.council.example 2026-03-27T22:42:00.000Z 08DE000000000000]",
        "edge blocking", extra=online)
    delivery("exchange-failed-expired", "to+", "failed", "5.4.300", exchange,
             "smtp;550 5.4.300 Message expired -> 451 4.4.62 Mail sent to the wrong Office 365 region",
             "a code of three digits; another code in the diagnostic", extra=online)
    delivery(
        "exchange-failed-journal", "delivered", "failed", "5.7.1", exchange,
        "smtp;550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized",
        "journal headers; the tag is in Delivered-To only", extra=online +
        "X-MS-Journal-Report:\nX-MS-Exchange-Organization-AuthSource: EX01.council.example\n"
        "X-MS-Exchange-Organization-AuthAs: Internal\nX-MS-Has-Attach: yes\n")
    delivery("exchange-relayed", "envid", "relayed", "2.0.0", exchange, "",
             "delivered to a server that sends no notifications", text="html")
    delivery("exchange-delayed", "envid", "delayed", "4.4.7", exchange, "smtp;400 4.4.7 Message delayed",
             "quoted-printable text", text="quoted")
    delivery("exchange-delivered", "envid", "delivered", "2.0.0", exchange, "",
             "a delivery receipt without a diagnostic")
    delivery("exchange-2003-delivered", "to", "delivered", "2.0.0", exchange, "",
             "IIS SMTP: more blank lines than one between the groups", text="quoted", blank="\n\n")


def other_server_cases():
    nobody = ("smtp; 550-5.1.1 The email account does not exist. Check the address for\n"
              " 550-5.1.1 mistakes and try again.\n 550 5.1.1 a1-20020a0564000000example - gsmtp")
    delivery("gmail-failed", "envid", "failed", "5.1.1", gmail, nobody,
             "a diagnostic of several lines, nested alternatives and an icon")
    delivery("gmail-failed-lf", "to+", "failed", "5.7.26", gmail, "smtp; 550 5.7.26 not authenticated", "bare LF",
             newline="\n")
    delivery("gmail-failed-disabled", "returned", "failed", "5.2.1", gmail, "smtp; 550 5.2.1 The account is disabled",
             "the tag is in the returned headers only")
    delivery(
        "gmail-delayed", "to", "delayed", "4.4.1", gmail,
        "smtp; The recipient server did not accept our requests to connect.\n"
        " [mx.council.example. 192.0.2.66: timed out]",
        "a delay")

    delivery("sendmail-relayed", "envid", "relayed", "2.1.5", sendmail, "SMTP; 250 2.1.5 Ok",
             "a comment after the action", word="(to non-DSN-aware mailer)")
    delivery("sendmail-delivered", "envid", "delivered", "2.1.5", sendmail, "SMTP; 250 2.1.5 Ok",
             "a comment after the action", word="(to mailbox)")
    delivery("sendmail-expanded", "to", "expanded", "2.1.5", sendmail, "SMTP; 250 2.1.5 Ok",
             "a comment after the action", word="(to multi-recipient alias)")
    delivery("sendmail-delayed", "envid", "delayed", "4.4.1", sendmail, "SMTP; 421 4.4.1 Connection timed out",
             "Auto-Submitted with a comment (warning-timeout)")
    delivery("sendmail-failed", "to+", "failed", "5.1.1", sendmail, "SMTP; 550 5.1.1 User unknown",
             "a first part without header fields")

    delivery("qmail-failed", "to", "failed", "5.1.1", qmail, "Sorry, no mailbox here by that name. (#5.1.1)", "QSBMF")
    delivery("qmail-failed-no-code", "to+", "failed", "5.0.0", qmail, "This address no longer accepts mail.",
             "QSBMF without a code, bare LF", newline="\n")
    delivery("qmail-failed-remote", "returned", "failed", "5.7.1", qmail,
             "192.0.2.66 does not like recipient.\nRemote host said: 550 5.7.1 refused\nGiving up on 192.0.2.66.",
             "an address before the code; the tag is in the copied headers only")
    delivery(
        "qmail-failed-expired", "to", "failed", "4.4.1", qmail,
        "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
        "I'm not going to try again; this message has been in the queue too long.",
        "given up: failed with a code of class 4")

    delivery("courier-failed", "envid", "failed", "5.0.0", courier, "smtp; 550 User unknown.",
             "a boundary with an equals sign")
    delivery("courier-delayed", "to", "delayed", "4.0.0", courier, "smtp; 421 Service not available",
             "no Auto-Submitted")
    delivery("courier-relayed", "envid", "relayed", "2.0.0", courier, "smtp; 250 Ok.", "no Auto-Submitted")

    delivery("gateway-wrapped-failed", "envid", "failed", "5.1.1", gateway, "smtp; 550 5.1.1 unknown",
             "the report lies in multipart/mixed; one boundary begins with the other")
    delivery("gateway-wrapped-relayed", "to", "relayed", "2.0.0", gateway, "smtp; 250 2.0.0 accepted",
             "the report lies in multipart/mixed")

    delivery("ses-failed", "to+", "failed", "5.1.1", ses, "smtp; 550 5.1.1 user unknown", "Status comes last")
    delivery("ses-failed-expired", "envid", "failed", "4.4.7", ses,
             "smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS>",
             "failed with a code of class 4")

    delivery("domino-failed", "to", "failed", "5.1.1", domino,
             "X-Notes; User duty (duty@council.example) not listed in Domino Directory", "folded inside a word")
    delivery("domino-delivered", "to+", "delivered", "2.0.0", domino,
             "X-Notes; delivered to duty at NOTES1 in the School organisation, database 1", "folded anywhere")

    delivery("opensmtpd-failed", "envid", "failed", "5.0.0", opensmtpd, "smtp; 550 Invalid recipient",
             "multipart/mixed, no report-type, no diagnostic")
    delivery("opensmtpd-delayed", "to", "delayed", "4.0.0", opensmtpd, "smtp; 421 No route",
             "multipart/mixed, no report-type")
    delivery("opensmtpd-delivered", "original", "delivered", "2.0.0", opensmtpd, "smtp; 250 delivered",
             "the tag is in X-Original-To only")

    delivery("mimecast-failed", "to+", "failed", "5.4.1", mimecast, "smtp; 550 5.4.1 Recipient address rejected",
             "the text is html")
    delivery("mimecast-relayed", "envid", "relayed", "2.0.0", mimecast, "smtp; 250 SmtpThread-1 taken",
             "the text is html")


def odd_cases():
    strange("odd-rfc2231", "to", "delivered", "2.0.0", "parameters of RFC 2231", boundary="odd part of two",
            kind="multipart/report;\n report-type*=us-ascii'en'delivery-status;\n"
                 " boundary*0=\"odd part \";\n boundary*1=\"of two\"")
    strange("odd-folding", "envid", "failed", "5.1.1", "every value on a line of its own",
            "Reporting-MTA:\n dns;\n mail.odd.example\nOriginal-Envelope-Id:\n {tag}\n\n"
            "Final-Recipient:\n rfc822;\n {desk}\nAction:\n failed\nStatus:\n\t5.1.1\n"
            "Diagnostic-Code: smtp;\n 550\n 5.1.1\n nobody\n",
            kind='multipart/report;\n\treport-type=\n\t delivery-status;\n\t boundary=\n\t "odd"')
    strange("odd-comments", "envid", "delivered", "2.1.5", "comments in the fields",
            "Reporting-MTA: dns (name) ; mail.odd.example (here)\n{envid}\n"
            "Final-Recipient: rfc822 (mail) ; {desk} (the desk)\n"
            "Action: (not failed, but) delivered (to mailbox; \\) so be it)\nStatus: (4.0.0 no more) 2.1.5 (good)\n",
            kind='multipart/report (a report); report-type=delivery-status; boundary="odd"')
    strange("odd-upper-case", "envid", "relayed", "2.0.0", "everything but the tag in upper case",
            "REPORTING-MTA: DNS; MAIL.ODD.EXAMPLE\nORIGINAL-ENVELOPE-ID: {tag}\n\n"
            "FINAL-RECIPIENT: RFC822; DUTY@COUNCIL.EXAMPLE\nACTION: RELAYED\nSTATUS: 2.0.0\n",
            kind='MULTIPART/REPORT; REPORT-TYPE=DELIVERY-STATUS; BOUNDARY="odd"',
            head="CONTENT-TYPE: MESSAGE/DELIVERY-STATUS")
    strange("odd-lower-case", "envid", "failed", "5.7.1", "field names and types in lower case",
            "reporting-mta: dns; mail.odd.example\noriginal-envelope-id: {tag}\n\n"
            "final-recipient: rfc822; {desk}\naction: failed\nstatus: 5.7.1\n",
            kind="multipart/report; report-type=delivery-status; boundary=odd",
            head="content-type: message/delivery-status")
    strange("odd-tabs", "envid", "delayed", "4.2.0", "tabs in place of blanks, blanks at the ends",
            "Reporting-MTA:\tdns;\tmail.odd.example\nOriginal-Envelope-Id:\t{tag} \t\n\n"
            "Final-Recipient:\trfc822;\t{desk}\nAction:\tdelayed \nStatus:\t4.2.0\t\n")
    strange("odd-no-space", "envid", "delivered", "2.0.0", "no blank after the colons",
            "Reporting-MTA:dns;mail.odd.example\nOriginal-Envelope-Id:{tag}\n\n"
            "Final-Recipient:rfc822;{desk}\nAction:delivered\nStatus:2.0.0\n")
    strange("odd-own-fields", "envid", "relayed", "2.0.0", "fields nobody knows, and Action-like ones",
            "X-Action: failed\nReporting-MTA: dns; mail.odd.example\n{envid}\nX-Status: 5.0.0\n"
            "Final-Recipient: rfc822; {desk}\nAction-Taken: failed\nAction: relayed\nRemote-Status: 5.1.1\n"
            "Status: 2.0.0\nDiagnostic-Code: smtp; 250 ok, not Action: failed\n")
    strange("odd-one-group", "envid", "failed", "5.1.1",
            "no blank line between the fields of the mail and of the recipient",
            change=lambda text: text.replace("\n\n", "\n"))
    strange("odd-recipients-run-together", "to", "delivered", "2.0.0", "no blank line between two recipients",
            change=lambda text: text + "Final-Recipient: rfc822; night@council.example\n"
                                       "Action: failed\nStatus: 5.1.1\n")
    strange("odd-no-line-after-part-header", "envid", "failed", "5.1.1",
            "no blank line after the header of the part: its first group stands there", gap="\n")
    strange("odd-blank-lines", "envid", "failed", "5.1.1", "blank lines before, between and after the groups",
            change=lambda text: "\n\n" + text.replace("\n\n", "\n\n\n") + "\n\n")
    strange("odd-no-closing-boundary", "envid", "relayed", "2.0.0", "no closing boundary", close=False, broken=True)
    strange("odd-base64", "envid", "failed", "5.2.2", "the fields in base64, which RFC 3464 forbids",
            change=base64_lines, broken=True,
            head="Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64")
    strange("odd-base64-attachment", "to", "delivered", "2.0.0", "the fields in base64 with a file name, the tag in To",
            change=base64_lines, broken=True,
            head='Content-Type: message/delivery-status; name="details.txt"\nContent-Transfer-Encoding: BASE64\n'
                 "Content-Disposition: attachment")
    strange("odd-quoted-printable", "envid", "failed", "5.1.1",
            "the fields in quoted-printable, the tag broken by a soft line end",
            "Reporting-MTA: dns; mail.odd.example\n{envid}\nFinal-Recipient: rfc822; {desk}\n"
            "Action: fai=6Ced\nStatus: 5.1.1\n", broken=True,
            change=lambda text: re.sub(r"(Id: .{40})", r"\1=\n", text),
            head="Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable")
    strange("odd-no-report-type", "envid", "delivered", "2.0.0", "multipart/report without a type",
            kind="multipart/report; boundary=odd")
    strange("odd-text-lies", "envid", "failed", "5.1.1", "the text part has fields of its own that say delivered",
            text="Final-Recipient: rfc822; {desk}\nAction: delivered\nStatus: 2.0.0\n",
            preamble="Action: relayed\nStatus: 2.0.0\n\n")
    strange("odd-boundary-in-text", "to", "delivered", "2.0.0", "lines that only look like the boundary",
            text="--oddly\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.0.0\n --odd\n-- odd")
    strange("odd-boundary-blanks", "to", "delivered", "2.0.0", "the boundary holds blanks and signs",
            boundary="=_odd '()+_,-./:=?x",
            kind="multipart/report; report-type=\"delivery-status\"; boundary=\"=_odd '()+_,-./:=?x\"")
    strange("odd-lf", "envid", "delivered", "2.0.0", "bare LF", newline="\n")
    strange("odd-mixed-line-ends", "envid", "failed", "5.1.1", "CRLF in the header, bare LF in the body",
            newline="mixed")
    strange("odd-space-before-colon", "to", "failed", "5.1.1", "a blank before each colon (RFC 822)", broken=True,
            change=lambda text: text.replace(": ", " : "))

    sent = Sent("odd-upper-case-address", "to")
    sent.tag_shown = sent.tag.upper()
    add("odd-upper-case-address", "delivery", sent, odd(sent, plain_fields(sent, "failed", "5.1.1")),
        "a server put the local part in upper case; the tag counts in lower case", "failed", "5.1.1")
    sent = Sent("odd-returned-status", "envid")
    text = odd(sent, plain_fields(sent, "delivered", "2.0.0"))
    text = text.replace("Auto-Submitted: auto-generated\n",
                        "Auto-Submitted: auto-generated\nStatus: RO\nAction: failed\n")
    add("odd-returned-status", "delivery", sent, text, "the returned headers have a Status and an Action", "delivered",
        "2.0.0")
    sent = Sent("odd-two-addressees", "to")
    text = odd(sent, plain_fields(sent, "relayed", "2.0.0"))
    text = text.replace(f"To: {sent.box()}\n", f'To: postmaster@waypost.example,\n "Waypost, bounces" <{sent.box()}>\n')
    add("odd-two-addressees", "delivery", sent, text, "To has two addresses, the second has the tag", "relayed",
        "2.0.0")


def disposition_cases():
    automatic, by_hand = "automatic-action/MDN-sent-automatically", "manual-action/MDN-sent-manually"
    receipt("mdn-outlook-displayed", "to", "displayed", None, "Outlook and Exchange",
            fields="Final-recipient: RFC822; duty@council.example\n"
                   f"Disposition: {automatic}; displayed\n"
                   "X-MSExch-Correlation-Key: AAAAAAAAAAAAAAAA\nX-Display-Name: Duty desk\n")
    receipt("mdn-outlook-manual", "to", "displayed", "manual-action/MDN-sent-automatically; displayed",
            "Outlook, asked for each time", agent="Outlook", extra="X-MSExch-Correlation-Key: BBBB\n")
    receipt("mdn-outlook-deleted", "to", "deleted", f"{automatic}; deleted", "deleted unread", subject="Not read: ",
            agent="Outlook")
    receipt("mdn-thunderbird-displayed", "to+", "displayed", f"{by_hand}; displayed",
            "Thunderbird, with the headers returned", agent="Mozilla/5.0 Thunderbird/128.0",
            subject="Return Receipt (displayed) - ", returned=True)
    receipt("mdn-automatic-displayed", "to", "displayed", f"{automatic}; displayed", "shown and told by itself",
            channel=1)
    receipt("mdn-apple-displayed", "to", "displayed", f"{by_hand}; displayed", "Apple Mail; bare LF",
            agent="Apple Mail (16.0)", newline="\n")
    receipt("mdn-domino-displayed", "delivered", "displayed", "manual-action/MDN-sent-automatically;displayed",
            "Domino: no blank after the semicolon; Delivered-To only", host="NOTES1.school.example",
            agent="Lotus Notes", subject="Return Receipt (displayed) - ")
    receipt("mdn-dispatched", "to", "dispatched", f"{automatic}; dispatched",
            "passed on by a rule, nobody has read it", subject="Passed on: ")
    receipt("mdn-processed", "to", "processed", f"{automatic}; processed", "taken by a program, nobody has read it",
            subject="Processed: ")
    receipt("mdn-displayed-error", "to", "displayed", f"{automatic}; displayed/error", "with a modifier",
            extra="Error: the attachment could not be shown\n")
    receipt("mdn-displayed-modifiers", "to", "displayed", f"{by_hand}; displayed/warning,x-printed",
            "with two modifiers", extra="Warning: printed\n")
    receipt("mdn-global", "to", "displayed", f"{by_hand}; displayed", "message/global-disposition-notification",
            utf8=True, agent="Büro")
    receipt("mdn-no-original-id", "to", "displayed", f"{by_hand}; displayed", "without Original-Message-ID",
            original=False)
    receipt("mdn-returned-only", "returned", "displayed", f"{by_hand}; displayed",
            "the tag is in the returned headers only", returned=True)
    receipt("mdn-comments", "to", "displayed",
            "manual-action (by hand) / MDN-sent-manually ;\n\tDISPLAYED (on the wall)",
            "comments, blanks, a fold, upper case")
    receipt("mdn-lower-case", "original", "deleted", None, "all in lower case; X-Original-To only",
            fields="reporting-ua: mail.council.example; mail\nfinal-recipient: rfc822;duty@council.example\n"
                   "disposition: manual-action/mdn-sent-manually; deleted\n")
    receipt("mdn-denied", "to", "denied", "manual-action/MDN-sent-manually; denied",
            "a type of RFC 2298 that RFC 8098 no longer has: not a receipt", subject="Denied: ")
    receipt("mdn-base64", "to", "displayed", None, "the fields in base64", broken=True,
            head="Content-Type: message/disposition-notification\nContent-Transfer-Encoding: base64",
            fields=base64_lines("Final-Recipient: rfc822;duty@council.example\n"
                                f"Disposition: {automatic}; displayed\n"))


def automatic_cases():
    def automatic(name, place, note, newline="\r\n", **details):
        sent = Sent(name, place)
        tagged = place != "nowhere"
        add(name, "automatic", sent, answer(sent, **details), note, match="yes" if tagged else "no",
            identifier=None if tagged else "-", newline=newline)

    away = "Nobody sits at this mailbox until Monday. In urgent cases ring the switchboard."
    automatic("automatic-outlook", "to", "out of office, to Reply-To", title="Automatic reply: {subject}", text=away,
              envelope="", fields="Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n"
                                  "X-MS-Exchange-Inbox-Rules-Loop: duty@school.example\nX-MS-Has-Attach:\n")
    automatic("automatic-outlook-bounce", "to", "out of office, to the envelope sender",
              title="Automatic reply: {subject}", text=away, envelope="", box="bounce",
              fields="X-Auto-Response-Suppress: DR, OOF, AutoReply\nAuto-Submitted: auto-generated\n")
    automatic("automatic-gmail", "to", "vacation answer; bare LF", newline="\n", text=away,
              fields="Auto-Submitted: auto-replied\nPrecedence: bulk\nX-Autoreply: yes\n")
    automatic("automatic-sieve", "delivered", "vacation by sieve, to the envelope sender",
              title="Auto: {subject}", text=away, box="bounce", envelope="",
              fields="X-Sieve: Pigeonhole Sieve 0.5.21\nAuto-Submitted: auto-replied (vacation)\nPrecedence: bulk\n")
    automatic("automatic-owner-parameter", "to", "Auto-Submitted with a parameter, folded", text=away,
              fields='Auto-Submitted:\n auto-replied; owner-email="duty@school.example"\n')
    automatic("automatic-precedence", "to", "nothing but Precedence: bulk", text=away, fields="Precedence: bulk\n")
    automatic("automatic-auto-reply", "to", "nothing but Precedence: auto_reply and X-Autorespond", text=away,
              fields="Precedence: auto_reply\nX-Autorespond: away\n")
    automatic("automatic-ticket", "to", "acknowledgement of a ticket system", title="[Desk #10024] Received: {subject}",
              sender="helpdesk@council.example", text="Your request has the number 10024.",
              fields="Auto-Submitted: auto-replied\nX-RT-Loop-Prevention: helpdesk.council.example\n"
                     "RT-Ticket: helpdesk.council.example #10024\nPrecedence: bulk\n")
    automatic("automatic-ticket-html", "to", "acknowledgement of a ticket system, Auto-Submitted: auto-generated",
              title="[Case 77-31] {subject}", sender="support@trust.example",
              content="text/html; charset=utf-8", text="<p>We have received your request.</p>",
              fields="Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nX-Auto-Reply: true\n")
    automatic("automatic-authenticated", "to", "an automatic answer stays one, however well authenticated", text=away,
              fields="Auto-Submitted: auto-replied\n", authentication=PASSED)
    automatic("automatic-no-tag", "nowhere", "no tag, and a subject of its own", title="Thank you for your mail",
              text=away, fields="Auto-Submitted: auto-replied\n")


def loop_cases():
    sent = Sent("loop-own-mail", "delivered")
    add("loop-own-mail", "loop", sent, loop(sent), "a desk forwards our mail to our own address")
    sent = Sent("loop-own-mail-resent", "original")
    add(
        "loop-own-mail-resent", "loop", sent,
        loop(
            sent, above=
            f"Resent-From: duty@council.example\nResent-To: gateway@waypost.example\nResent-Date: {sent.date(1)}\n"
            f"Resent-Message-ID: <{sent.queue}@mail.council.example>\nX-Forwarded-For: duty@council.example\n"),
        "our mail, resent by a rule")
    sent = Sent("loop-many-hops-reply", "to")
    add("loop-many-hops-reply", "loop", sent, answer(sent, fields=hops(sent, 55)), "a reply with 56 Received fields")
    sent = Sent("loop-many-hops-report", "envid")
    add(
        "loop-many-hops-report", "loop", sent,
        postfix(sent, "delivered", "2.0.0",
                "X-Postfix; delivered to mailbox").replace("Date: ",
                                                           hops(sent, 60) + "Date: ", 1),
        "a delivery report with 62 Received fields")
    sent = Sent("loop-many-hops-no-tag", "nowhere")
    add("loop-many-hops-no-tag", "loop", sent, answer(sent, title="Fwd: rota", fields=hops(sent, 51)),
        "52 Received fields, no tag", match="no", identifier="-")


def forged_cases():
    def forged(name, kind, make, note, sent=None, **row):
        sent = sent or Sent(name, row.pop("place", "envid"), key=OTHER_KEY)
        add(name, kind, sent, make(sent), note, match="no", **row)

    delivered = lambda sent: postfix(sent, "delivered", "2.0.0", "X-Postfix; delivered to mailbox")
    forged("forged-unknown-id", "delivery", delivered, "an id that never was, a token that was guessed",
           action="delivered", status="2.0.0", sent=guessed("forged-unknown-id"))
    forged("forged-token-delivered", "delivery", delivered, "a token by another key", action="delivered",
           status="2.0.0")
    forged("forged-token-failed", "delivery",
           lambda sent: exim_plain(sent, "failed", "5.1.1", "    550 5.1.1 nobody\n"), "a token by another key",
           action="failed", status="5.1.1", place="to+")
    forged("forged-token-disposition", "disposition",
           lambda sent: mdn(sent, "manual-action/MDN-sent-manually; displayed"), "a token by another key",
           action="displayed", place="to")
    forged("forged-token-reply", "reply", lambda sent: answer(sent), "a token by another key", place="to")

    name = "forged-channel"
    sent = Sent(name, "envid", channel=0)
    sent.tag = sent.tag_shown = f"{sent.id}.1.{token(sent.id, 0)}"
    forged(name, "delivery", delivered, "the token of channel 0 with channel 1", sent=sent, action="delivered",
           status="2.0.0")
    sent = Sent("forged-last-character", "to+")
    sent.tag = sent.tag_shown = sent.tag[:-1] + ("a" if sent.tag[-1] != "a" else "b")
    forged("forged-last-character", "delivery", delivered, "the last character of the token is wrong", sent=sent,
           action="delivered", status="2.0.0")
    name = "forged-envid-right-to"
    sent, false = Sent(name, "envid"), Sent(name, "envid", key=OTHER_KEY)
    forged(name, "delivery",
           lambda sent: postfix(sent, "delivered", "2.0.0", "X-Postfix; delivered to mailbox", envelope=false.tag),
           "a false tag as envelope id is found first; the one in To is right", sent=sent, action="delivered",
           status="2.0.0")

    # Two tags that are both right, of two notifications; or a tag of one and a mail of another.
    other = Sent("forged-other")
    name = "forged-other-headers"
    sent = Sent(name, "envid")
    mixed = delivered(sent).rpartition("Content-Type: text/rfc822-headers\n\n")
    text = (mixed[0] + mixed[1] + mixed[2].replace(sent.id, other.id).replace(sent.tag, other.tag).replace(
        token(sent.id, 0), token(other.id, 0)))
    forged(name, "delivery", lambda sent: text, "right tag in the envelope id and To, returned headers of another",
           sent=sent, action="delivered", status="2.0.0")
    name = "forged-two-tags"
    sent = Sent(name, "to+")
    forged(
        name, "delivery", lambda sent: postfix(sent, "delivered", "2.0.0", "X-Postfix; delivered to mailbox", envelope
                                               =other.tag, returned=False),
        "right tag of one in the envelope id, right tag of another in To", sent=sent, action="delivered",
        status="2.0.0", identifier=other.id)
    name = "forged-other-original-id"
    sent = Sent(name, "to")
    forged(
        name, "disposition", lambda sent: mdn(sent, "manual-action/MDN-sent-manually; displayed").replace(
            f"Original-Message-ID: {sent.message_id}", f"Original-Message-ID: {other.message_id}"),
        "right tag, Original-Message-ID of another", sent=sent, action="displayed")


def guessed(name):
    sent = Sent(name, "envid")
    sent.tag = sent.tag_shown = f"{sent.id}.0.abcdefghij234567"
    return sent


def malformed_cases():
    malformed("malformed-delivered-5.1.1", "envid", "delivered with a code of class 5",
              lambda sent: dict(fields=plain_fields(sent, "delivered", "5.1.1")))
    malformed("malformed-relayed-4.2.0", "to", "relayed with a code of class 4",
              lambda sent: dict(fields=plain_fields(sent, "relayed", "4.2.0")))
    malformed("malformed-failed-2.0.0", "envid", "failed with a code of class 2",
              lambda sent: dict(fields=plain_fields(sent, "failed", "2.0.0")))
    malformed("malformed-no-status", "envid", "no Status",
              lambda sent: dict(fields=plain_fields(sent, "delivered", "2.0.0").replace("Status: 2.0.0\n", "")))
    malformed("malformed-no-action", "envid", "no Action",
              lambda sent: dict(fields=plain_fields(sent, "delivered", "2.0.0").replace("Action: delivered\n", "")))
    malformed("malformed-status-words", "to", "a Status that is no code",
              lambda sent: dict(fields=plain_fields(sent, "delivered", "ok, 2 0 0")))
    malformed("malformed-status-class-3", "to", "a Status of a class that is not there",
              lambda sent: dict(fields=plain_fields(sent, "delivered", "3.0.0")))
    malformed("malformed-action-unknown", "envid", "an Action nobody knows",
              lambda sent: dict(fields=plain_fields(sent, "delivered-ish", "2.0.0")))
    malformed("malformed-empty", "to", "a report without fields", lambda sent: dict(fields=""))
    malformed("malformed-no-recipient", "envid", "the fields of the mail, none of a recipient",
              lambda sent: dict(fields=f"Reporting-MTA: dns; mail.odd.example\n{sent.envid}"))
    malformed("malformed-cut-action", "envid", "cut inside the Action",
              lambda sent: odd(sent, plain_fields(sent, "delivered", "2.0.0")).partition("vered\nStatus")[0],
              broken=True)
    malformed("malformed-cut-status", "envid", "cut inside the Status",
              lambda sent: odd(sent, plain_fields(sent, "delivered", "2.0.0")).partition(".0\nDiagnostic")[0],
              broken=True)
    malformed("malformed-cut-recipient", "to", "cut before the Action",
              lambda sent: odd(sent, plain_fields(sent, "failed", "5.1.1")).partition("Action")[0], broken=True)
    malformed("malformed-disposition", "to", "a Disposition that means nothing",
              lambda sent: mdn(sent, "bananas, two of them"))
    malformed("malformed-disposition-type", "to", "a disposition type nobody knows",
              lambda sent: mdn(sent, "manual-action/MDN-sent-manually; framed"))
    malformed("malformed-disposition-none", "to", "no Disposition",
              lambda sent: mdn(sent, None, fields="Final-Recipient: rfc822;duty@council.example\n"))


def reply_cases():
    def reply(name, note, place="to", match="yes", newline="\r\n", **details):
        sent = Sent(name, place)
        add(name, "reply", sent, answer(sent, **details), note, match=match, newline=newline)

    def encoded(text):
        return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="

    reply("reply-authenticated", "DKIM and DMARC pass", authentication=PASSED)
    reply("reply-unauthenticated", "no Authentication-Results")
    reply("reply-forged-results", "our server says fail; the forged pass stands below", fields=PASSED,
          authentication="Authentication-Results: mx.waypost.example; dkim=none;\n"
                         "\tdmarc=fail header.from=school.example\n")
    reply("reply-foreign-results", "a pass by another server only",
          fields=PASSED.replace("mx.waypost", "mx.elsewhere"))
    reply("reply-forged-results-only", "the forged pass stands below our Received field, none above", fields=PASSED)
    reply("reply-dmarc-fail", "dkim=pass of another domain, dmarc=fail",
          authentication="Authentication-Results: mx.waypost.example; dkim=pass header.d=mailer.example;\n"
                         "\tspf=pass smtp.mailfrom=mailer.example; dmarc=fail (p=none) header.from=school.example\n")
    reply("reply-encoded-subject", "the subject as encoded words", authentication=PASSED,
          title="=?utf-8?Q?Re:_A_child_has_been_reported_missing_[immediate,?=\n"
                " =?utf-8?Q?_ref_{id}]_=E2=80=93_seen?=")
    sent = Sent("reply-split-subject", "to")
    add("reply-split-subject", "reply", sent,
        answer(sent, f"{encoded('Re: ' + sent.subject[:60])}\n {encoded(sent.subject[60:])}", authentication=PASSED),
        "the id is parted between two encoded words")
    reply("reply-two-authors", "two addresses in From",
          author="Duty desk <duty@school.example>, Other <other@elsewhere.example>",
          fields="Sender: other@elsewhere.example\n", authentication=PASSED)
    reply("reply-smime", "signed with S/MIME (a signature of nonsense)", authentication=PASSED,
          content='multipart/signed; protocol="application/pkcs7-signature";\n micalg=sha-256; boundary="signed"',
          body=mime("signed",
                    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\nReceived, thank you.",
                    'Content-Type: application/pkcs7-signature; name="smime.p7s"\n'
                    "Content-Transfer-Encoding: base64\n"
                    'Content-Disposition: attachment; filename="smime.p7s"\n\n'
                    + base64_lines("not a signature, only a stand-in for one")))
    reply("reply-not-automatic", "Auto-Submitted: no", fields="Auto-Submitted: no\n", authentication=PASSED)
    reply("reply-cc", "the tag is in Delivered-To; To is somebody else", place="delivered", to="head@school.example",
          authentication=PASSED)
    reply(
        "reply-html", "html and text, from a telephone; bare LF", newline="\n", authentication=PASSED,
        content="multipart/alternative; boundary=alt",
        body=mime("alt", "Content-Type: text/plain; charset=utf-8\n\nOn our way.",
                  "Content-Type: text/html; charset=utf-8\n\n<p>On our way.</p>"))
    reply("reply-foreign-prefix", "AW: and a mark in front", title="AW: [EXTERNAL] {subject}",
          authentication=PASSED)
    reply("reply-says-delivered", "the text has the fields of a report",
          text="Final-Recipient: rfc822; duty@school.example\nAction: delivered\nStatus: 2.0.0",
          authentication=PASSED)
    reply("reply-subject-only", "to an address without a tag; only the subject has the id", place="nowhere",
          match="no", to="<gateway@waypost.example>", authentication=PASSED)


def build():
    for cases in (postfix_cases, exim_cases, exchange_cases, other_server_cases, odd_cases, disposition_cases,
                  automatic_cases, loop_cases, forged_cases, malformed_cases, reply_cases):
        cases()


# Reading them again, by Python's parser: what a row claims must be what the mail says.

TAG = re.compile(r"(nt-[a-z2-7]{26})\.(\d+)\.([a-z2-7]{16})(?![a-z2-7])")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
POLICY = policy.default.clone(max_line_length=None, cte_type="8bit", linesep="\n")
REPORTS = ("message/delivery-status", "message/global-delivery-status")
RECEIPTS = ("message/disposition-notification", "message/global-disposition-notification")


def inner_text(part):
    """The text inside a message/… part that Python has taken apart, decoded."""
    payload = part.get_payload()
    text = (b"\n".join(sub.as_bytes(policy=POLICY)
                       for sub in payload) if isinstance(payload, list) else payload.encode())
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        text = base64.b64decode(b"".join(text.split()))
    if encoding == "quoted-printable":
        text = quopri.decodestring(text.lstrip())
    own = "".join(f"{name}: {value}\n" for name, value in part.items() if not name.lower().startswith("content-"))
    return own + text.decode("utf-8", "replace").replace("\r\n", "\n")


def fields(text):
    """The first value of every field, without comments."""
    found = {}
    for line in re.sub(r"\n[ \t]+", " ", text).split("\n"):
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z-]+\s*", name):
            value = re.sub(r"\((?:[^()\\]|\\.)*\)", "", value)
            found.setdefault(name.strip().lower(), value.strip())
    return found


def returned_headers(message, text):
    for part in message.walk():
        if part.get_content_type() in ("text/rfc822-headers", "message/global-headers", "message/rfc822"):
            payload = part.get_payload()
            return fields("\n".join(sub.as_string(policy=POLICY)
                                    for sub in payload) if isinstance(payload, list) else payload)
    copy = re.search(r"(including all the headers. ------|Below this line is a copy of the message\.)\n\n(.*)", text,
                     re.S)
    return fields(copy[2]) if copy else {}


def report_row(text):
    found = fields(text)
    action, status = found.get("action", "").lower(), found.get("status", "")
    classes = {"delivered": "2", "relayed": "2", "expanded": "2", "failed": "45", "delayed": "4"}.get(action, "")
    if "final-recipient" not in found or not CODE.fullmatch(status) or status[0] not in classes:
        return "malformed", "-", "-"
    return "delivery", action, status


def read(raw):
    """The row but for file and note, as Python's parser sees it; and the defects it found."""
    message = message_from_bytes(raw, policy=policy.default)
    text = raw.replace(b"\r\n", b"\n").decode()
    defects = [str(type(defect).__name__) for part in message.walk() for defect in part.defects]
    for part in message.walk():
        defects += [
            f"{name}: {defect!r}" for name, value in part.items() for defect in getattr(value, "defects", ())
            if not (b"message/global" in raw and isinstance(defect, UndecodableBytesDefect))
        ]
        if not part.is_multipart():
            part.get_payload(decode=True)
            defects += [str(type(defect).__name__) for defect in part.defects]
    kinds = {part.get_content_type(): part for part in reversed(list(message.walk()))}
    report = next((inner_text(kinds[kind]) for kind in REPORTS if kind in kinds), None)
    disposition = next((inner_text(kinds[kind]) for kind in RECEIPTS if kind in kinds), None)
    returned = returned_headers(message, text)
    body = text.partition("\n\n")[2]
    subject = str(message["Subject"])
    automatic = str(message.get("Auto-Submitted", "no")).lower()
    action = status = "-"
    own = re.fullmatch(r"<nt-[a-z2-7]{26}@waypost\.example>", str(message["Message-ID"]))
    if len(message.get_all("Received", [])) > 50 or own:
        kind = "loop"
    elif report is not None:
        kind, action, status = report_row(report)
    elif disposition is not None:
        value = re.fullmatch(r"[a-z-]+\s*/\s*[a-z-]+\s*;\s*(displayed|deleted|dispatched|processed|denied)(/.*)?",
                             fields(disposition).get("disposition", ""), re.I)
        kind, action = ("disposition", value[1].lower()) if value else ("malformed", "-")
    elif "qmail-send program" in body or "X-Failed-Recipients" in message or subject.startswith("Warning: message"):
        kind, action = "delivery", "delayed" if subject.startswith("Warning") else "failed"
        code = CODE.search(ADDRESS.sub("", body))
        status = code[0] if code else "4.0.0" if action == "delayed" else "5.0.0"
    elif automatic != "no" or str(message.get("Precedence", "")) in ("bulk", "auto_reply"):
        kind = "automatic"
    else:
        kind = "reply"

    places = [fields(report).get("original-envelope-id", "")] if report else []
    places += [
        str(value) for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To")
        for value in message.get_all(name, [])
    ]
    places += [returned.get(name, "") for name in ("return-path", "reply-to")]
    tags = [tag for place in places for tag in TAG.findall(place.lower())]
    identifier, match = "-", "no"
    if tags:
        identifier, channel, code = tags[0]
        named = {tag[0] for tag in tags if token(tag[0], tag[1]) == tag[2]}
        named |= set(
            re.findall(r"<(nt-[a-z2-7]{26})@",
                       returned.get("message-id", "") + fields(disposition or "").get("original-message-id", "")))
        match = "yes" if token(identifier, channel) == code and named == {identifier} else "no"
    elif kind == "reply":
        named = re.search(r"nt-[a-z2-7]{26}", subject)
        identifier = named[0] if named else "-"
    return (kind, action, status, identifier, match), defects


def problems(case, raw):
    row, defects = read(raw)
    if row != case[1:6]:
        yield f"{case.name}: expected {case[1:6]}, read {row}"
    if bool(defects) != case.broken:
        yield f"{case.name}: meant to be broken: {case.broken}; found {defects}"
    text = raw.decode()
    for domain in re.findall(r"[\w.+-]@([\w.-]+)", text):
        if not domain.rstrip(".").lower().endswith(".example"):
            yield f"{case.name}: a mailbox at {domain}"
    for address in ADDRESS.findall(text):
        if not address.startswith(("192.0.2.", "198.51.100.", "127.0.0.1", "8.18.1.")):
            yield f"{case.name}: the address {address}"


def written():
    """The files by name."""
    build()
    files, wrong = {".gitattributes": b"*.eml -text\n"}, []
    for case in CASES:
        header, blank, body = case.text.partition("\n\n")
        if case.newline == "mixed":
            raw = (header + blank).replace("\n", "\r\n").encode() + body.encode()
        else:
            raw = case.text.replace("\n", case.newline).encode()
        if case.name in files:
            wrong.append(f"{case.name}: twice")
        files[case.name] = raw
        wrong += problems(case, raw)
    rows = [COLUMNS] + sorted([case.name, *case[1:7]] for case in CASES)
    files["expected.tsv"] = "".join("\t".join(row) + "\n" for row in rows).encode()
    if len({case.id for case in CASES if case.id != "-"}) + sum(case.id == "-" for case in CASES) != len(CASES):
        wrong.append("an id occurs twice")
    return files, wrong


def main(arguments):
    check = arguments[:1] == ["--check"]
    if len(arguments) != 1 + check:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = Path(arguments[-1])
    files, wrong = written()
    if not check and not wrong:
        folder.mkdir(parents=True, exist_ok=True)
        for name, raw in files.items():
            (folder / name).write_bytes(raw)
    for path in sorted(folder.glob("*")):
        if path.name not in files:
            wrong.append(f"{path.name}: not of this corpus")
    for name, raw in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != raw:
            wrong.append(f"{name}: differs")
    for line in wrong:
        print(f"corpus: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
