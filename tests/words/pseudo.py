#!/usr/bin/env python3
"""pseudo.py: a template on standard input, a catalogue of a made-up language on standard output.

Each text comes out longer by two fifths, with an accent on every letter, and between brackets of its own on every line:
what is shown without accents was never marked, and a bracket without its other half was cut. Conversions stay as they are.
"""
import re
import sys

OPEN, CLOSE, PAD = "\u27e6", "\u27e7", "~"
PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ACCENTED = "ÀƁÇÐÈƑĜĤÌĴĶĻṀÑÒÞɊŔŠŢÙṼŴẊÝŽàƀçðèƒĝĥìĵķļṁñòþɋŕšţùṽŵẋýž"
ACCENTS = str.maketrans(PLAIN, ACCENTED)
CONVERSION = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]|%<\w+>|%%")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "r": "\r"}


def unquote(line):
    inner = line[line.index('"') + 1:line.rindex('"')]
    return re.sub(r"\\(.)", lambda m: ESCAPES[m.group(1)], inner)


def quote(text):
    for escape, char in (("\\", "\\"), ('"', '"'), ("n", "\n"), ("t", "\t"), ("r", "\r")):
        text = text.replace(char, "\\" + escape)
    return '"' + text + '"'


def accented(text):
    out, at = [], 0
    for m in CONVERSION.finditer(text):
        out += [text[at:m.start()].translate(ACCENTS), m.group()]
        at = m.end()
    return "".join(out) + text[at:].translate(ACCENTS)


def padding(n):
    """In words, so that a long text can still be wrapped."""
    words = []
    while n > 8:
        words.append(PAD * 7)
        n -= 8
    return PAD * n + "".join(" " + w for w in words)


def line_of(text):
    core = text.strip()
    if not core:
        return text
    before, after = text[:len(text) - len(text.lstrip())], text[len(text.rstrip()):]
    return before + OPEN + accented(core) + padding((len(core) * 2 + 4) // 5) + CLOSE + after


def pseudo(text):
    return "\n".join(line_of(line) for line in text.split("\n"))


def entries(template):
    for block in template.split("\n\n"):
        fields, name, comments = {}, None, []
        for line in block.splitlines():
            if line.startswith("#"):
                comments.append(line)
                continue
            m = re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line)
            if m:
                name = m.group(1)
                fields[name] = ""
                line = m.group(2)
            if line.startswith('"'):
                fields[name] += unquote(line)
        if fields.get("msgid"):
            yield [c for c in comments if c.startswith("#,")], fields


def main():
    print('msgid ""\nmsgstr ""\n"Language: pseudo\\n"\n"MIME-Version: 1.0\\n"\n'
          '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
          '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n')
    for flags, fields in entries(sys.stdin.read()):
        print("\n".join(flags + ["msgid " + quote(fields["msgid"])]))
        if "msgid_plural" in fields:
            print("msgid_plural " + quote(fields["msgid_plural"]))
            print("msgstr[0] " + quote(pseudo(fields["msgid"])))
            print("msgstr[1] " + quote(pseudo(fields["msgid_plural"])) + "\n")
        else:
            print("msgstr " + quote(pseudo(fields["msgid"])) + "\n")


main()
