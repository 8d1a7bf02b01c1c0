"""alertmanager.py SCRATCH: runs a sink and Alertmanager, sends alerts and prints what was measured.

One alert makes three mails and three webhooks, each a notification. A burst is 1000 alerts in requests of 100 over
one connection; its rate counts from the first request to the last arrival. Single alerts come 20 a second; their
latency is from just before the POST to the arrival of each notification. The two runs have a fresh Alertmanager each.
"""
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

CHANNELS = 3
BURST, BATCH = 1000, 100
SINGLES, PER_SECOND = 200, 20
PATIENCE = 30


class Sink:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("sink.py")], stdout=subprocess.PIPE, text=True
        )
        ports = self.process.stdout.readline().split()
        if len(ports) != 2:
            sys.exit("the sink did not start")
        self.smtp, self.http = map(int, ports)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def wait(self, count):
        """Until so many have arrived, or none has for a while."""
        seen, since = -1, time.monotonic()
        while (now := self.get("/count")) < count:
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                sys.exit(f"only {now} of {count} notifications arrived")
            time.sleep(0.05)


class Alertmanager:
    def __init__(self, folder, sink):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.port = free_port()
        config = folder / "alertmanager.yml"
        # YAML takes JSON as it is.
        config.write_text(json.dumps(configuration(sink), indent=2))
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'data'}",
                    "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error",
                ],
                cwd=folder, stdout=log, stderr=subprocess.STDOUT,
            )

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def wait_until_ready(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                connection = self.connect()
                connection.request("GET", "/-/ready")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        sys.exit(f"Alertmanager did not start: {self.log.read_text()}")


def configuration(sink):
    names = [f"{kind}-{number}" for number in range(1, CHANNELS + 1) for kind in ("mail", "webhook")]
    receivers = [{"name": "none"}]
    for name in names:
        if name.startswith("mail"):
            mail = {"to": f"{name}@receiver.example", "headers": {"Subject": "{{ .GroupLabels.instance }} notification"}}
            receivers.append({"name": name, "email_configs": [mail]})
        else:
            hook = {"url": f"http://127.0.0.1:{sink.http}/{name}", "send_resolved": False}
            receivers.append({"name": name, "webhook_configs": [hook]})
    return {
        "global": {
            "smtp_smarthost": f"127.0.0.1:{sink.smtp}",
            "smtp_from": "alerts@sender.example",
            "smtp_hello": "sender.example",
            "smtp_require_tls": False,
            "resolve_timeout": "1h",
        },
        # Every alert is a group of its own and leaves at once.
        "route": {
            "receiver": "none",
            "group_by": ["..."],
            "group_wait": "0s",
            "group_interval": "1m",
            "repeat_interval": "24h",
            "routes": [{"receiver": name, "continue": True, "matchers": ['kind="notify"']} for name in names],
        },
        "receivers": receivers,
    }


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def alert(number):
    return {
        "labels": {"alertname": "waypost", "instance": f"alert-{number}-", "kind": "notify"},
        "annotations": {"summary": "s" * 200},
    }


def post(connection, numbers):
    """Returns when the request began."""
    body = json.dumps([alert(number) for number in numbers]).encode()
    began = time.monotonic()
    connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        sys.exit(f"Alertmanager refused an alert: {response.status} {answer!r}")
    return began


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def burst(server, sink):
    connection = server.connect()
    began = [post(connection, range(first, first + BATCH)) for first in range(0, BURST, BATCH)][0]
    sink.wait(BURST * 2 * CHANNELS)
    arrivals = sink.get("/arrivals")
    print(f"am_notifications_per_second={len(arrivals) / (max(when for when, _, _ in arrivals) - began):.0f}", flush=True)


def singles(server, sink):
    connection = server.connect()
    began, first = {}, time.monotonic()
    for number in range(SINGLES):
        time.sleep(max(0, first + number / PER_SECOND - time.monotonic()))
        began[number] = post(connection, [number])
    sink.wait(SINGLES * 2 * CHANNELS)
    latencies = sorted((when - began[number]) * 1000 for when, _, number in sink.get("/arrivals"))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        print(f"am_{name}_ms={percentile(latencies, share):.2f}", flush=True)


def main():
    scratch = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    for measure in (burst, singles):
        started = []
        try:
            sink = Sink()
            started.append(sink.process)
            server = Alertmanager(scratch / measure.__name__, sink)
            started.append(server.process)
            server.wait_until_ready()
            measure(server, sink)
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


main()
