#!/usr/bin/env python3
"""A card that is no SmartCard-HSM, in a slot of vpcd: foreign_card.py PORT ATR [STATUSWORD]. Every APDU is answered with the
status word (6A82: there is no such application). Ends with its standard input, or with vpcd."""
import select
import socket
import sys

port, atr = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
answer = bytes.fromhex(sys.argv[3] if len(sys.argv) > 3 else "6a82")
s = socket.create_connection(("127.0.0.1", port))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def exactly(n):
    data = b""
    while len(data) < n:
        ready, _, _ = select.select([s, sys.stdin], [], [])
        more = s.recv(n - len(data)) if s in ready else b""
        if not more:
            sys.exit(0)
        data += more
    return data


while True:
    message = exactly(int.from_bytes(exactly(2), "big"))
    # one byte is a control code: power off, power on, reset, ATR; any other message an APDU
    reply = answer if len(message) > 1 else atr if message == b"\x04" else None
    if reply is not None:
        s.sendall(len(reply).to_bytes(2, "big") + reply)
