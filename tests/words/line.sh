#!/bin/bash
# The command line in the made-up language of pseudo.py: all that a person reads is in it, and nothing that a program reads.
# From meson: KEYROOM, the program that looks for its catalogue where the tests made it; ENGLISH, the program as it is.
# shellcheck source=../line/lib.sh
. "$(dirname "$(readlink -f "$0")")/../line/lib.sh"
export LANGUAGE=pseudo
english() { LANGUAGE='' timeout 120 "${ENGLISH:?}" --rehearse=cards "$@" >out 2>err </dev/null; }

# in_words SENTENCE FILE [PATTERN]: each line with a letter (but those of the pattern) stands in brackets, each of which has
# its other half, and at least one does.
in_words() {
	local bad
	bad=$(grep -vE "${3:-^$}" "$2" | grep -E '[[:alpha:]]' | python3 -c '
import sys
for line in sys.stdin:
    if "\u27e6" not in line or line.count("\u27e6") != line.count("\u27e7"):
        print(line, end="")')
	[ -z "$bad" ] && grep -q '⟦' "$2"
	verdict $? "$1"
	[ -z "$bad" ] || sed 's/^/# /' <<<"$bad"
}

"$KEYROOM" --help >out 2>err
in_words "usage, but for its synopsis" out '^keyroom '
sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p' out >commands
[ "$(wc -l <commands)" -ge 20 ]
verdict $? "its commands are named as they are typed"
while read -r command; do
	# shellcheck disable=SC2086
	"$KEYROOM" $command --help >out 2>err
	in_words "usage of $command" out '^keyroom |^  (--)?[A-Za-z-]+$'
done <commands

k doctor
in_words "doctor" out '^ +(gpgconf|LANG=|⟦)|^$'
k doctor --no-such-option
in_words "an option that there is not" err
k no such command
in_words "a command that there is not" err
k --store commands/at/all.db keys
in_words "an inventory that cannot be made" err
k key new --type rsa:2048
in_words "a secret that nobody can type here" err
k -d no-such-device status
in_words "a device that is not here" err

# What programs read is the same in every language.
a=DENK0200914
k share new one.pbe --new-password-file password
in_words "a share is made" err
k share new two.pbe --new-password-file password
expect 0 "a device is initialised, one share to follow" -d $a init --label 'Root A' --shares 2 --share one.pbe \
	--password-file password --so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm $a
in_words "what was done to it" err
expect 5 "the share that is in is not imported twice, by what the journal says" -d $a share import one.pbe --password-file password
in_words "which is said" err
LANGUAGE='' expect 5 "nor by the program in English" -d $a share import one.pbe --password-file password
expect 0 "the other one is" -d $a share import two.pbe --password-file password
expect 0 "a key is made" -d $a key new --type ec:P-256 --label 'SSH CA' --pin-file pin
in_words "what was made" err
expect 0 "and backed up" -d $a backup --all --pin-file pin
in_words "what was saved" err
for query in devices status objects backups keys journal "journal verify"; do
	# shellcheck disable=SC2086
	k -d $a $query
	sed 1q out >first
	[ "$query" = journal ] || in_words "the head of $query" first
	# shellcheck disable=SC2086
	k --json -d $a $query && mv out mine
	# shellcheck disable=SC2086
	english --json -d $a $query
	cmp -s mine out
	verdict $? "$query is the same document in every language"
done
k --json -d $a journal
holds "codes of the journal stay codes" '{"device.initialised", "share.imported", "key.new", "backup.made"} <= {e["what"] for e in j}'
holds "and its sentences are in the language of the moment" 'all("\u27e6" in e["text"] for e in j if e["text"])'
finish
