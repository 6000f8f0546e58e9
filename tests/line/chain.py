"""chain.py FILE: checks an exported journal by what the manual page says of it, and prints how many entries it has."""
import hashlib
import json
import sys


def field(entry, name):
    if name == "key":
        return bytes.fromhex(entry["key"])
    return bytes.fromhex(entry[name + "_hex"]) if name + "_hex" in entry else entry[name].encode()


lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
assert lines.pop() == ""
head, entries = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
assert head["journal"] == 1 and head["entries"] == len(entries)
before = bytes(32)
for number, entry in enumerate(entries, 1):
    assert entry["number"] == number and entry["before"] == before.hex(), number
    h = hashlib.sha256(b"keyroom journal 1\0" + before)
    for value in (entry["number"], entry["at"], entry["run"]):
        h.update(value.to_bytes(8, "big"))
    for name in ("device", "key", "person", "what", "text"):
        h.update(len(field(entry, name)).to_bytes(4, "big") + field(entry, name))
    before = h.digest()
    assert entry["hash"] == before.hex(), number
assert head["hash"] == (before.hex() if entries else "")
print(len(entries))
