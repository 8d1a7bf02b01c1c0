#!/usr/bin/env python3
"""Small faults, one line each, planted in the engine one after the other: the simulated worlds have to catch every one.

Usage: mutations.py [SCRATCH [SEEDS]]. Works in a copy of the tree (SCRATCH, default .build/mutations), never in the tree
itself, and builds it anew for each fault. Ends with status 1 if a fault goes unnoticed or no longer fits the source.
"""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# (what it breaks, file, the line's text, what it becomes)
MUTATIONS = [
    ("an old fence settles", "Ledger/SQLiteLedger+Outbox.swift",
     "FROM notifications WHERE id = ? AND fence = ? AND leased = 1",
     "FROM notifications WHERE id = ? AND fence >= ?"),
    ("a lease raises no fence", "Ledger/SQLiteLedger+Outbox.swift",
     "leased = 1, fence = fence + 1 WHERE seq", "leased = 1 WHERE seq"),
    ("a lease never runs out", "Ledger/SQLiteLedger+Outbox.swift",
     "[request.until.milliseconds, sequence]", "[request.until.milliseconds + 31_536_000_000, sequence]"),
    ("the next message of a lane is not let go", "Ledger/SQLiteLedger+Outbox.swift",
     "if !isOpen { try Self.openLane(", "if isOpen { try Self.openLane("),
    ("a message does not wait for the one before it", "Ledger/SQLiteLedger+Accept.swift",
     "isOpen && !mustWait ? start.milliseconds : nil", "(mustWait ? isOpen : isOpen) ? start.milliseconds : nil"),
    ("a timer that repeats forgets its next time", "Delivery/Services/Timekeeper.swift",
     "Firing(timer: timer, next: timer.next(by: rule, routes.book.directory.bankHolidays))",
     "Firing(timer: timer, next: nil)"),
    ("a round is left out", "Delivery/Services/Timekeeper.swift",
     "trigger.firing(number + 1,", "trigger.firing(number + 2,"),
    ("a settled duty keeps its ladder", "Ledger/SQLiteLedger+Time.swift",
     """try db.change("DELETE FROM timers WHERE about = ? AND about <> ''", [duty])""", "_ = duty"),
    ("rungs are not started", "Ledger/SQLiteLedger+Time.swift",
     "for followUp in owed.duty.followUps {", "for followUp in owed.duty.followUps.dropLast() {"),
    ("what an event stops goes on", "Ledger/SQLiteLedger+Time.swift",
     "for rule in acceptance.stoppedRules {", "for rule in acceptance.stoppedRules.dropFirst() {"),
    ("late is in time", "Ledger/SQLiteLedger+Time.swift",
     "isLate ? .late : .fulfilled", "isLate ? .fulfilled : .fulfilled"),
    ("a ladder starts again from the channel at hand", "Delivery/Lifecycle/Escalation.swift",
     "max(progress.rung, progress.channelIndex) + 1", "progress.channelIndex"),
    ("an older message is repeated after a newer one", "Ledger/SQLiteLedger+Confirm.swift",
     "if try !record.state.isOpen && passOn(", "if try record.state.isOpen && passOn("),
    ("a duty is written once too seldom", "Ledger/SQLiteLedger+Accept.swift",
     "for owed in acceptance.duties {", "for owed in acceptance.duties.dropFirst() {"),
    ("an event that failed once is forgotten", "Ledger/SQLiteLedger+Accept.swift",
     "guard touchedChild == 1, touchedEpisode == 1 else { throw Stale() }",
     "guard touchedChild == 1, touchedEpisode == 1 else { return }"),
    ("a message that was withdrawn is escalated all the same", "Ledger/SQLiteLedger+Accept.swift",
     "due = NULL, check_at = NULL, settled_at = ?", "due = NULL, settled_at = ?"),
    ("a withdrawn event keeps its clocks", "Ledger/SQLiteLedger+Accept.swift",
     """try db.change("DELETE FROM timers WHERE event = ?", [wrong])""", "_ = wrong"),
]


def main():
    scratch = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".build" / "mutations"
    seeds = sys.argv[2] if len(sys.argv) > 2 else "60"
    scratch.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "Package.swift", scratch)
    for name in ["Benchmarks", "Tests", "Routes"]:
        subprocess.run(["rsync", "-a", "--delete", f"{ROOT / name}/", f"{scratch / name}/"], check=True)
    missed = 0
    for what, file, old, new in [("nothing", "", "", "")] + MUTATIONS:
        # By content, not by date: what was mutated last is put back and built anew.
        subprocess.run(["rsync", "-a", "--checksum", "--delete", f"{ROOT / 'Sources'}/", f"{scratch / 'Sources'}/"], check=True)
        if file:
            path = scratch / "Sources" / file
            text = path.read_text()
            if text.count(old) < 1:
                print(f"no longer fits: {what} ({file})", flush=True)
                missed += 1
                continue
            path.write_text(text.replace(old, new, 1))
        build = subprocess.run(
            ["swift", "build", "-c", "release", "--product", "waypost-simulation"], cwd=scratch, capture_output=True, text=True)
        if build.returncode != 0:
            print(f"does not build: {what}\n{build.stdout[-2000:]}", flush=True)
            missed += 1
            continue
        try:
            run = subprocess.run(
                [".build/release/waypost-simulation", seeds], cwd=scratch, capture_output=True, text=True, timeout=240)
            status, first = run.returncode, next((l for l in run.stdout.splitlines() if l.startswith("seed")), "")
        except subprocess.TimeoutExpired:
            status, first = 1, "it never ends"
        isRight = (status != 0) == bool(file)
        missed += 0 if isRight else 1
        print(f"{'caught' if status else 'not caught'}: {what}  {first}", flush=True)
    print(f"{len(MUTATIONS)} faults, {missed} that went unnoticed")
    sys.exit(1 if missed else 0)


main()
