#!/bin/bash
# Inventories that are newer, damaged, locked, for looking only or nowhere; output that nobody takes.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100036 3.6
s=DENK0100036 db=cards/inventory.db
k -d $s init --label one --no-backup --so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm $s
k -d $s key new --type ec:secp256r1 --label "$(printf 'ü%.0s' {1..100})" --id 0Aff --pin-file pin
expect 0 "objects" --json -d $s objects
holds "... a label of 200 bytes is whole" 'j[0]["label"] == "ü" * 100'
holds "... the CKA_ID in lower case" 'j[0]["id"] == "0aff"'
expect 0 "keys" --json keys
holds "... know it by the same label" 'j[0]["label"] == "ü" * 100'
cp $db whole.db
# sql STATEMENT
sql() { python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute(sys.argv[2])' $db "$1"; }
anew() { rm -f $db*; cp whole.db $db; }

sql 'pragma user_version = 99'
expect 5 "an inventory of a newer Keyroom is not touched" --json backups
says "... which is said" 'newer Keyroom'
expect 5 "... by nothing" -d $s key new --type ec:secp256r1 --label x --pin-file pin
expect 1 "doctor finds it" doctor
grep -q 'Use the newer Keyroom' out
verdict $? "... and says what to do"

for size in 1 100 5000 50000; do
	rm -f $db*
	head -c $size whole.db >$db
	expect 1 "an inventory of which $size bytes are left" --json backups
	[ "$(stat -c %s $db)" = $size ]
	verdict $? "... is left as it is"
done
rm -f $db*
head -c 100000 /dev/zero >$db
expect 1 "one of zeros" --json backups
expect 0 "... hides no device" --json devices
holds "... whose serial the card itself says" "[d['serial'] for d in j if d['present']] == ['$s']"
says "... and that it was not read is said" 'The inventory was not read: .*What follows is what the device itself says'
echo "this is a text" >$db
expect 1 "a text" --json keys
expect 0 "a device is looked at without an inventory" -d $s status
says "... which is said" 'The inventory was not read'
anew
dd if=/dev/zero of=$db bs=4096 seek=3 count=20 conv=notrunc 2>/dev/null
expect 1 "one with a hole: doctor reads all of it" doctor
says "... and fails" 'check'
anew

sql "update key set algorithm = char(27) || '[2J' || char(8238), curve = char(27), name = name"
sql "update name set text = 'a' || char(13, 27, 8294) || 'b'"
sql "update object set algorithm = char(27), label = char(27, 10)"
for list in keys backups journal devices "-d $s objects"; do
	# shellcheck disable=SC2086
	expect 0 "words that would move a terminal's cursor, in $list" $list
	! LC_ALL=C.UTF-8 grep -qP '[^\P{C}\n]' out
	verdict $? "... are shown without what they would do"
done
anew

python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("begin immediate")
print("locked", flush=True)
time.sleep(60)' $db >locked &
pid=$!
until [ -s locked ]; do sleep 0.05; done
expect 1 "one that another program has locked" -d $s key new --type ec:secp256r1 --label x --pin-file pin
says "... which is said, and that nothing was recorded" 'locked the inventory.*nothing was recorded'
expect 0 "the device can be looked at all the same" --json -d $s status
holds "... with all it says" "j['serial'] == '$s' and j['pin_tries'] == 3"
expect 0 "... and what is on it" --json -d $s objects
holds "... with what is known of backups" 'len(j) == 1 and j[0]["backups"] == 0'
kill $pid
wait $pid 2>/dev/null
python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("pragma locking_mode = exclusive")
c.execute("begin exclusive")
print("locked", flush=True)
time.sleep(60)' $db >locked2 &
pid=$!
until [ -s locked2 ]; do sleep 0.05; done
expect 1 "one that another program has for itself" --json keys
expect 0 "... hides no device" --json -d $s status
holds "... nor what that says" "j['serial'] == '$s'"
says "... that it was not read is said" 'The inventory was not read: .*What follows is what the device itself says'
expect 0 "... nor what is on it" --json -d $s objects
holds "... but whether it is backed up" 'len(j) == 1 and j[0]["label"] == "ü" * 100 and j[0]["backups"] is None'
kill $pid
wait $pid 2>/dev/null
expect 0 "what was refused did not come onto the device" --json -d $s objects
holds "... one key" 'len(j) == 1'

plain() { timeout 20 "$KEYROOM" "$@" >out 2>err </dev/null; }
env -u HOME -u XDG_DATA_HOME timeout 20 "$KEYROOM" backups >out 2>err </dev/null
verdict $(($? != 2)) "without HOME it is not known where the inventory is"
plain --store far/away/here.db backups && [ "$(stat -c '%a' far/away/here.db far/away | tr '\n' ' ')" = '600 700 ' ]
verdict $? "one elsewhere is made, for its owner alone"
plain --store far backups
verdict $(($? != 1)) "a folder is none"
plain --store far/away/here.db --rehearse=cards backups
verdict $(($? != 2)) "a rehearsal has its own"

for command in "--json devices" "-d $s status" "--json -d $s objects" keys "--json journal" "journal verify" "--json doctor" --help \
	"-d $s key export --id 0aff"; do
	# shellcheck disable=SC2086
	timeout 20 "$KEYROOM" --rehearse=cards $command >/dev/full 2>err </dev/null
	verdict $(($? != 1)) "output that nobody takes fails: $command"
	# shellcheck disable=SC2086
	timeout 20 "$KEYROOM" --rehearse=cards $command >&- 2>err </dev/null
	verdict $(($? != 1)) "... nor a closed one"
done
timeout 20 "$KEYROOM" --rehearse=cards -d $s key new --type ec:secp256r1 --label two --pin-file pin >&- 2>&- <&-
verdict $? "with nothing open at all a key is made"
expect 0 "and nothing that was said stands in a file" --json -d $s objects
holds "... two keys" 'len(j) == 2'
expect 0 "the journal is whole" journal verify
finish
