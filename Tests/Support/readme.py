#!/usr/bin/env python3
"""readme.py WAYPOST: runs the commands of README's "Your first event" as they stand there, with the program WAYPOST.

They run in a scratch folder with links to Routes/ and Certificates/, so that `.waypost` is made there; only the fixed
ports are replaced by free ones. The receiver and the gateway run in the background and are ended by their ids. Prints
what the commands printed, and exits with 1 where one failed, the event was not answered with 202, or nothing arrived.
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SECTION = "## Your first event"


def blocks():
    section = (TOP / "README.md").read_text().split(f"{SECTION}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for held in sockets:
        held.bind(("127.0.0.1", 0))
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def moved(text, gateway, page, mail):
    """The commands on free ports: where one goes by the default, it is told."""
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{gateway}").replace("127.0.0.1:8443", f"127.0.0.1:{page}")
    text = text.replace("127.0.0.1:2525", f"127.0.0.1:{mail}")
    text = text.replace("waypost sink", f"waypost sink --listen 127.0.0.1:{page} --smtp 127.0.0.1:{mail}")
    text = text.replace("waypost serve", f"waypost serve --listen 127.0.0.1:{gateway}")
    return text.replace("waypost submit", f"waypost submit --gateway http://127.0.0.1:{gateway}")


class Failed(Exception):
    pass


def run(commands, folder):
    done = subprocess.run(
        ["bash", "-ec", commands], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    print(done.stdout, flush=True)
    if done.returncode:
        raise Failed(f"status {done.returncode} from:\n{commands}")
    return done.stdout


def serve(commands, folder, log):
    """Starts what runs on, in a session of its own, and returns once it says where it listens."""
    with open(log, "w") as output:
        process = subprocess.Popen(
            ["bash", "-ec", commands], cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    deadline = time.monotonic() + 60
    while "listening on" not in pathlib.Path(log).read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            end(process)
            raise Failed(f"does not listen:\n{commands}\n{pathlib.Path(log).read_text()}")
        time.sleep(0.1)
    return process


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def story(folder):
    explain, sink, gateway, post, look = [moved(block, *PORTS) for block in blocks()]
    if "derby-derbyshire-2019" not in run(explain, folder):
        raise Failed("explain names no protocol")
    processes = []
    try:
        processes.append(serve(sink, folder, f"{folder}/sink.log"))
        processes.append(serve(gateway, folder, f"{folder}/gateway.log"))
        # The key is in the shell of the third terminal: what comes next is typed there.
        ready = [line for line in look.splitlines() if "…" not in line]
        terminal = post + "".join(
            f"until waypost trace EP-1 | grep -q accepted; do sleep 0.2; done\n{line}\n"
            if line.startswith("waypost trace") else f"{line}\n" for line in ready)
        output = run(terminal, folder)
        if "HTTP/1.1 202" not in output:
            raise Failed("the event was not answered with 202")
        if "openapi: 3.1" not in output:
            raise Failed("/openapi.yaml is not what the README says")
    finally:
        for process in processes:
            end(process)


PORTS = free_ports(3)


def main():
    with tempfile.TemporaryDirectory(prefix="waypost-readme-") as folder:
        build = pathlib.Path(folder, ".build/debug")
        build.mkdir(parents=True)
        (build / "waypost").symlink_to(pathlib.Path(sys.argv[1]).resolve())
        for name in ("Routes", "Certificates"):
            pathlib.Path(folder, name).symlink_to(TOP / name)
        try:
            story(folder)
        except (Failed, subprocess.TimeoutExpired) as error:
            print(f"README: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
