#!/usr/bin/env python3
"""console.py KEYROOM: how soon the console is on the screen, answers a key, and how much memory it takes."""
import os
import pty
import select
import signal
import sys
import tempfile
import time


def read_until(fd, wanted, limit):
    """Milliseconds until wanted is among what the terminal got; None after limit seconds."""
    start, seen = time.monotonic(), b""
    while time.monotonic() - start < limit:
        ready, _, _ = select.select([fd], [], [], 0.05)
        if not ready:
            continue
        try:
            seen += os.read(fd, 65536)
        except OSError:
            break
        if wanted in seen:
            return (time.monotonic() - start) * 1000
    return None


def settle(fd, quiet=0.4, limit=10.0):
    start = time.monotonic()
    while time.monotonic() - start < limit:
        ready, _, _ = select.select([fd], [], [], quiet)
        if not ready:
            return
        os.read(fd, 65536)


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return None


def once(program, folder):
    start = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LINES="24", COLUMNS="80")
        os.execv(program, [program, "--rehearse=" + folder])
    try:
        if read_until(fd, b"Keyroom", 10) is None:
            sys.exit("no first screen within 10 seconds")
        first = (time.monotonic() - start) * 1000
        settle(fd)
        start = time.monotonic()
        os.write(fd, b"?")
        if not select.select([fd], [], [], 10)[0]:
            sys.exit("no answer to a key within 10 seconds")
        key = (time.monotonic() - start) * 1000
        return first, key, resident_mib(pid)
    finally:
        os.kill(pid, signal.SIGTERM)
        try:
            settle(fd, 0.1, 2)
        except OSError:
            pass
        os.waitpid(pid, 0)
        os.close(fd)


def main():
    rows = (("console: first screen", "ms", 50), ("console: a key press on screen", "ms", 50),
            ("console: resident memory", "MiB", 20))
    with tempfile.TemporaryDirectory() as folder:
        once(sys.argv[1], folder)  # makes the rehearsal
        runs = [once(sys.argv[1], folder) for _ in range(5)]
    over = False
    for (name, unit, limit), figures in zip(rows, zip(*runs)):
        figure = sorted(figures)[len(figures) // 2]
        over = over or figure > limit
        print(f"{name:44} {figure:21.1f} {unit:3} <= {limit}{' OVER' if figure > limit else ''}")
    sys.exit(1 if over else 0)


main()
