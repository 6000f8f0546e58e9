#!/usr/bin/env python3
"""Types at a program's prompts in a terminal of its own: typed.py OUT PROGRAM ARGUMENT... <dialogue

A line of the dialogue is a prompt, a tab, and what is typed after it (\\n, \\x03 and such written so). OUT gets what the
program showed. Exits as the program, 128 + N for signal N, 99 where a prompt did not come or the program did not end, and 98
where the terminal was left without echo."""
import fcntl
import os
import pty
import select
import sys
import termios
import time

LIMIT = 30

shown, at = b"", 0
fd, side = pty.openpty()   # side stays open, so that the terminal's state can be looked at when the program is gone
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(side, number)
    os.execv(sys.argv[2], sys.argv[2:])


def finish(code):
    with open(sys.argv[1], "wb") as out:
        out.write(shown.replace(b"\r", b""))
    sys.exit(code)


def read(seconds):
    global shown
    ready, _, _ = select.select([fd], [], [], seconds)
    if ready:
        shown += os.read(fd, 4096)


for line in sys.stdin:
    prompt, answer = line.rstrip("\n").split("\t")
    end = time.monotonic() + LIMIT
    while shown.find(prompt.encode(), at) < 0:
        if time.monotonic() > end:
            shown += b"\n(no prompt: %s)" % prompt.encode()
            os.kill(pid, 9)
            finish(99)
        read(0.1)
    at = shown.find(prompt.encode(), at) + len(prompt.encode())
    time.sleep(0.05)
    os.write(fd, answer.encode().decode("unicode_escape").encode("latin-1"))
end = time.monotonic() + LIMIT
while True:
    read(0.05)
    gone, status = os.waitpid(pid, os.WNOHANG)
    if gone:
        break
    if time.monotonic() > end:
        os.kill(pid, 9)
        finish(99)
read(0.05)
if not termios.tcgetattr(side)[3] & termios.ECHO:
    finish(98)
code = os.waitstatus_to_exitcode(status)
finish(code if code >= 0 else 128 - code)
