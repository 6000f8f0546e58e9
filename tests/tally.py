#!/usr/bin/env python3
"""Adds up what meson wrote down about its test runs: tally.py FAILURES LOG...

Each line of a testlog.json is one test program. One that speaks TAP counts by its cases, any other as one. A program
that timed out, crashed or was skipped is a failure, whatever its cases said; so is a log that is missing or empty.
"""
import json
import re
import sys

passed, failed = 0, int(sys.argv[1])
for path in sys.argv[2:]:
    try:
        with open(path, encoding="utf-8") as log:
            tests = [json.loads(line) for line in log]
    except (OSError, ValueError) as problem:
        tests = []
        print(f"{path}: {problem}")
    if not tests:
        print(f"{path} holds no result")
        failed += 1
    for test in tests:
        out = test.get("stdout", "")
        tap = re.match(r"(TAP version|1\.\.\d|ok |not ok )", out) is not None
        good = len(re.findall(r"^ok (?!.*# skip)", out, re.M | re.I)) if tap else 0
        bad = len(re.findall(r"^not ok ", out, re.M)) if tap else 0
        if test["result"] == "OK":
            passed += good or 1
        else:
            passed += good
            failed += bad or 1
            print(f"{path}: {test['name']}: {test['result']}")
            # What a failing TAP case had to say, which meson keeps to itself.
            for said in re.findall(r"^not ok .*\n(?:#.*\n)*", out, re.M) if tap else []:
                print("\n".join("    " + line for line in said.splitlines()[-60:]))
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
