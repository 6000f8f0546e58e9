#!/usr/bin/env python3
"""screen.py KEYROOM CONSOLE_MAIN INVENTORY: what the console sends to a terminal of 80 x 24, and how soon a key press is on the screen, also
while a card makes a key. CONSOLE_MAIN FOLDER realistic is the console on simulated cards that take as long as real ones; INVENTORY is a large
one, to which the rehearsal's devices are added."""
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

SERIAL = "DENK0200914"
SO_PIN, PIN = "3537363231383830", "648219"
TRIES = 15


class Console:
    def __init__(self, argv):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def read(self, quiet, limit=20.0):
        """What comes until nothing has come for so long; the bytes, and when the last of them came."""
        got, last, end = b"", time.monotonic(), time.monotonic() + limit
        while time.monotonic() < end and select.select([self.fd], [], [], quiet)[0]:
            got += os.read(self.fd, 65536)
            last = time.monotonic()
        self.seen += got
        return got, last

    def expect(self, text, limit=20.0):
        end = time.monotonic() + limit
        while text.encode() not in self.seen:
            if time.monotonic() > end:
                sys.exit(f"\"{text}\" does not come")
            self.read(0.05, 0.2)
        self.seen = b""

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def press(self, key, quiet=0.03):
        """Bytes sent, and milliseconds until the screen is finished."""
        self.read(0.001, 0.05)
        began = time.monotonic()
        self.type(key)
        if not select.select([self.fd], [], [], 10)[0]:
            sys.exit(f"no answer to {key!r} within 10 seconds: {self.seen[-3000:]!r}")
        got, last = self.read(quiet, 0.2)
        return len(got), (last - began) * 1000

    def close(self, how=signal.SIGTERM):
        os.kill(self.pid, how)
        try:
            self.read(0.5, 10)
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def prepare(keyroom, folder):
    """A device with five keys."""
    def secret(name, text):
        path = os.path.join(folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as out:
            out.write(text + "\n")
        return path

    def run(*command):
        done = subprocess.run([keyroom, "--rehearse=" + folder, "-d", SERIAL, *command], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            sys.exit(done.stderr)

    so, pin = secret("so", SO_PIN), secret("pin", PIN)
    run("init", "--no-backup", "--so-pin-file", so, "--new-pin-file", pin, "--label", "bench", "--confirm", SERIAL)
    for i in range(5):
        run("key", "new", "--type", "ec:secp256r1", "--label", f"key {i}", "--pin-file", pin)


def median(figures):
    return sorted(figures)[len(figures) // 2]


def measure_bytes(keyroom, folder):
    """Cursor in a list, in the menu with what stands beside it, cursor where the pane beside changes, everything anew; and the time of a key press."""
    console = Console([keyroom, "--rehearse=" + folder])
    console.expect("key 4")
    console.read(0.5)
    other = max(console.press(key, 0.2)[0] for key in "kjjjkkk")
    console.press("j", 0.2)
    console.press("\t", 0.2)
    rows = [console.press(key, 0.2) for key in "jjjkkkjjkk"]
    whole = console.press("\x0c", 0.4)[0]
    quick = median([console.press(key)[1] for key in "jkjkjkjkjkjkjkj"])
    console.press("m", 0.3)
    wide = max(console.press(key, 0.2)[0] for key in "jjjjjjkkkkkk")
    console.press("\x1b", 0.2)
    console.press("?", 0.2)
    pages = median([console.press(key)[1] for key in "\x1b?" * 5])
    console.close()
    return max(n for n, _ in rows), wide, other, whole, max(quick, pages - 25)   # an Esc waits 25 ms for what may follow it


def measure_while_busy(program, folder):
    """Help and back, arrows, while an RSA key of 4096 bits is made."""
    console = Console([program, folder, "realistic"])
    console.expect("key 4")
    console.read(0.5)
    console.type("n")
    console.expect("RSA 4096")
    console.type("jj")
    console.read(0.3)
    console.type("\tslow\r")
    console.expect("User PIN")
    console.read(0.3)
    console.type(PIN + "\r")
    console.expect("Press Enter to begin")
    console.type("\r")
    console.expect("Make the key")
    console.read(0.3, 1.0)
    figures = []
    for _ in range(TRIES):
        console.seen = b""
        figures.append(console.press("\x1bOP", 0.02)[1])
        figures.append(console.press("G", 0.02)[1])
        console.type("\x1b")
        console.read(0.06, 0.3)
        if b"It has no backup" in console.seen:
            sys.exit("the key was made before the time was measured")
    console.close(signal.SIGKILL)  # by a signal of another kind it would wait for the card
    return median(figures), max(figures)


def main():
    keyroom, program, inventory = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(inventory, os.path.join(folder, "inventory.db"))
        prepare(keyroom, folder)
        row, wide, other, whole, quick = measure_bytes(keyroom, folder)
        busy, slowest = measure_while_busy(program, folder)
    over = False
    for name, figure, unit, limit in (
            ("console: cursor one row, 80 x 24", row, "bytes", 200),
            ("console: cursor in the menu and its pane", wide, "bytes", 1536),
            ("console: cursor, the other pane changes", other, "bytes", 1536),
            ("console: the whole screen anew", whole, "bytes", 4096),
            ("console: a key press to the finished screen", quick, "ms", 20),
            ("console: while a key is made", busy, "ms", 50),
            ("console: while a key is made, the slowest", slowest, "ms", None)):
        bad = limit is not None and figure > limit
        over = over or bad
        print(f"{name:44} {figure:21.1f} {unit:5} {f'<= {limit}' if limit is not None else ''}{' OVER' if bad else ''}")
    sys.exit(1 if over else 0)


main()
