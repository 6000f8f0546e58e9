#!/usr/bin/env python3
"""listed.py KEYROOM INVENTORY: the console with a large inventory: its first screen, keys on each list, filters, memory."""
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

QUIET = 0.1  # a picture is finished when nothing has come for so long


class Console:
    """The program in a pseudo-terminal of 24 rows and 80 columns."""

    def __init__(self, program, folder):
        start = time.monotonic()
        self.sent = 0  # bytes to the terminal since the last key
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LINES="24", COLUMNS="80")
            os.execv(program, [program, "--rehearse=" + folder])
        seen = b""
        while b"Quit" not in seen:  # the end of the footer, which is drawn last
            if not select.select([self.fd], [], [], 10)[0]:
                sys.exit("no first screen within 10 seconds")
            seen += os.read(self.fd, 65536)
        self.first = (time.monotonic() - start) * 1000
        self.settle(1.0)

    def settle(self, quiet=QUIET):
        """When the last byte came that belongs together; None where none came."""
        last = None
        while select.select([self.fd], [], [], quiet)[0]:
            self.sent += len(os.read(self.fd, 65536))
            last = time.monotonic()
        return last

    def press(self, key):
        """Milliseconds until the picture was finished."""
        self.sent = 0
        start = time.monotonic()
        os.write(self.fd, key.encode())
        if not select.select([self.fd], [], [], 10)[0]:
            sys.exit(f"no answer to {key!r} within 10 seconds")
        return (self.settle() - start) * 1000

    def resident_mib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        try:
            self.settle()
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def median(figures):
    return sorted(figures)[len(figures) // 2]


CTRL_C, CTRL_L = "\003", "\014"

# What is pressed on each screen, and what the filter is to find. Every key here changes the picture.
SCREENS = (("devices", "1", "jjkGgj", "Berlin"), ("keys", "2", "jjkGgjs", "Berlin 2"), ("backups", "3", "jjkGgj s", "no. 47"),
           ("journal", "5", "jjkGgj", "DENK01005"))


def on_screens(console):
    """Rows: name, unit, limit, figures."""
    rows = []
    for name, digit, keys, text in SCREENS:
        opened = console.press(digit) if digit != "1" else None
        presses = [console.press(key) for key in keys]
        steps = [console.press(key) and console.sent for key in "jjkk"]
        console.press("/")
        typed = [console.press(letter) for letter in text]
        rows.append((f"{name}: a key press to the finished screen", "ms", 20, presses + ([opened] if opened else [])))
        rows.append((f"{name}: a filter's answer", "ms", 20, typed))
        # The cursor of the devices changes the pane beside them; below the other lists stands one line about the row.
        rows.append((f"{name}: the cursor one row on", "B", 1536 if name == "devices" else 200, steps))
        os.write(console.fd, b"\033")  # waits for the rest of a sequence: not measured
        console.settle(0.3)
    console.press("1")
    # The first device is here: a procedure is begun on it and left, a field filled. Then all is read anew.
    anew = [console.press(key) for key in ("g", "n", "\r", "label", CTRL_C, CTRL_L)]
    rows.append(("a procedure begun and left, all read anew", "ms", 20, anew))
    console.settle(1.0)
    return rows


def main():
    program, inventory = sys.argv[1:]
    firsts, memory, rows = [], [], None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--rehearse=" + folder, "devices"], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(inventory, os.path.join(folder, "inventory.db"))
        for _ in range(5):
            console = Console(program, folder)
            more = on_screens(console)
            rows = more if rows is None else [(*row[:3], row[3] + other[3]) for row, other in zip(rows, more)]
            firsts.append(console.first)
            memory.append(console.resident_mib())
            console.end()
    # The best start, as with the other commands: what a start takes beyond that, others on this machine have taken.
    rows = [("first screen", "ms", 100, firsts, min), *((*row, median) for row in rows), ("resident memory, at most", "MiB", 64, memory, max)]
    over = False
    for name, unit, limit, figures, of in rows:
        figure = of(figures)
        over = over or figure > limit
        print(f"{name:44} {figure:12.1f} {unit:3} (most {max(figures):6.1f}) <= {limit}{' OVER' if figure > limit else ''}")
    sys.exit(1 if over else 0)


main()
