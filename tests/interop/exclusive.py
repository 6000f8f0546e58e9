#!/usr/bin/env python3
"""Keeps the card in a reader for itself, as GnuPG's scdaemon does: exclusive.py READER. With a second argument it shares the
reader, and keeps a transaction open in it instead. Prints "mine", and ends with its input."""
import ctypes
import sys

pcsc = ctypes.CDLL("libpcsclite.so.1")
context, card, protocol = ctypes.c_long(), ctypes.c_long(), ctypes.c_ulong()
shares = len(sys.argv) > 2
if pcsc.SCardEstablishContext(ctypes.c_ulong(2), None, None, ctypes.byref(context)) != 0:
    sys.exit("no pcscd")
# 1: exclusive, 2: shared; 3: T=0 or T=1
if pcsc.SCardConnect(context, sys.argv[1].encode(), ctypes.c_ulong(2 if shares else 1), ctypes.c_ulong(3), ctypes.byref(card),
                     ctypes.byref(protocol)) != 0:
    sys.exit("not mine")
if shares and pcsc.SCardBeginTransaction(card) != 0:
    sys.exit("no transaction")
print("mine", flush=True)
sys.stdin.read()
