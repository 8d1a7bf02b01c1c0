"""`waypost demo --step` as a test holds it: goes on by hand, signs people in, and is asked beside its pages.

Guarantee: the process that is ended is the one that was started here. Nothing waits for ever.
"""
import json
import os
import pathlib
import queue
import re
import secrets
import signal
import ssl
import subprocess
import threading
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
# For a machine that is slow; nothing is measured with it.
PATIENCE = 120


class Demo:
    def __init__(self, program, folder):
        self.program, self.data = program, f"{folder}/demo"
        self.passphrase = secrets.token_hex(12)
        self.process = subprocess.Popen(
            [program, "demo", "--step", "--data", folder, "--routes", str(TOP / "Routes")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "WAYPOST_DEMO_PASSPHRASE": self.passphrase, "NO_COLOR": "1"})
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self._until("listening on ").removeprefix("listening on ").strip()
        self.sink = self._until("what arrives: ").removeprefix("what arrives: ").strip()
        self.next = self._prompt()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _until(self, *starts):
        """The next line that begins so."""
        seen = []
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line is None:
                raise RuntimeError(f"the demo ended: {''.join(seen)}")
            seen.append(line)
            if line.startswith(starts):
                return line

    def _prompt(self):
        """What the demo would do next; nothing once all is told."""
        line = self._until("Press Enter: ", "The gateway and the receiver stay up")
        return line.removeprefix("Press Enter: ").strip() if line.startswith("Press") else None

    def step(self):
        """Lets one step happen and waits until it has."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.next = self._prompt()

    def tell_all(self):
        """At the end of its input it goes on by itself."""
        if self.next is not None:
            self.process.stdin.close()
            self._until("The gateway and the receiver stay up")
            self.next = None

    def run(self, *arguments):
        """What a command beside the demo prints."""
        command = [self.program, *arguments, "--data", self.data]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout

    def notifications(self, *states):
        """Those in one of the states, or whatever is not done with."""
        chosen = [word for state in states for word in ("--state", state)]
        lines = self.run("queue", "list", "--json", "--limit", "10000", *chosen).splitlines()
        return [json.loads(line) for line in lines]

    def state(self, notification):
        """In which of these states a message is; nothing in any other."""
        states = ["queued", "scheduled", "held", "accepted", "delivered", "read", "acknowledged", "cancelled"]
        return next((one["state"] for one in self.notifications(*states) if one["id"] == notification), None)

    def post(self, event):
        """Sends an event as a sender of its own."""
        if not hasattr(self, "key"):
            self.key = self.run("sources", "add", "board-check").split()[-1]
        request = urllib.request.Request(
            f"{self.url}/v1/events", json.dumps(event).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/cloudevents+json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def links(self, purpose):
        """Those that arrived in mails, the newest first."""
        context = ssl.create_default_context(cafile=f"{self.data}/certificates/dev-ca.pem")
        with urllib.request.urlopen(
                f"{self.sink}messages?content=true&limit=10000", timeout=PATIENCE, context=context) as answer:
            # Without the line ends of quoted-printable.
            arrived = answer.read().decode().replace("=\\u000d\\u000a", "")
        return re.findall(rf"{re.escape(self.url)}/{purpose}/[A-Za-z0-9._-]+", arrived)[::-1]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
