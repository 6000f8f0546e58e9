#!/bin/bash
# documents.sh ROOT: what the documents promise is there.
set -uo pipefail
cd "$1" || exit 1
rc=0
bad() { echo "$*"; rc=1; }
for f in README.md HACKING.md NEWS.md LICENSE tests/README.md dev .ci/run share/man/keyroom.1 share/man/keyroom-sim.1; do
	[ -s "$f" ] || bad "$f is missing"
done
for f in dev .ci/run; do
	[ -x "$f" ] || bad "$f cannot be run"
done
# shellcheck disable=SC2013
for word in $(grep -ohE '\./dev [a-z]+' README.md HACKING.md tests/README.md .ci/run | awk '{print $2}' | sort -u); do
	grep -qE "^$word\)" dev || bad "the documents name ./dev $word, which dev does not have"
done
for word in $(sed -nE 's/^([a-z]+)\).*/\1/p' dev); do
	grep -q "^		\./dev $word" dev || bad "dev does not explain $word"
done
# Helpers of the tests: a stranger finds each in the map, and the map names none that is gone.
for f in tests/*.* tests/*/*.h tests/*/*.py; do
	[ ! -f "$f" ] || [[ $f =~ (README.md|meson.build|fuzz/fuzz.h)$ ]] || grep -qF "${f##*/}" tests/README.md || bad "tests/README.md does not name $f"
done
for word in $(grep -ohE '[a-z][a-z_-]*\.(h|c|sh|py|txt)' tests/README.md | sort -u); do
	[ -n "$(find tests -name "$word")" ] || bad "tests/README.md names $word, which is not there"
done
for folder in tests/*/; do
	grep -qE "^## .*\b$(basename "$folder")\b" tests/README.md || bad "tests/README.md has no words for $folder"
done
grep -q '^exec \./dev test$' .ci/run || bad ".ci/run does not run the README's test command"
# Files that a document links to.
while read -r file target; do
	[ -e "$target" ] || bad "$file links to $target, which is not there"
done < <(grep -oHE '\]\([^)#:]+\)' ./*.md | sed -E 's/^([^:]*):\]\((.*)\)$/\1 \2/')
exit $rc
