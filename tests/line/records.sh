#!/bin/bash
# What leaves the inventory, and what never does: a device is forgotten, the journal is exported and checked elsewhere.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100031 3.6
card cards DENK0100041 3.6
a=DENK0100031 b=DENK0100041

k share new one.pbe --new-password-file password
for serial in $a $b; do
	k -d $serial init --label "label $serial" --shares 1 --share one.pbe --password-file password --so-pin-file so \
		--new-so-pin-file newso --new-pin-file pin --confirm $serial
	k -d $serial key new --type ec:secp256r1 --label "key of $serial" --pin-file pin
done
k -d $a backup --all --pin-file pin

expect 5 "a device that is here is not forgotten" inventory forget $a
says "... and it says why" "$a is here"
expect 3 "one that nobody knows cannot be" inventory forget DENK0999999
expect 2 "which one must be said" inventory forget
rm cards/$a.card cards/$b.card
expect 5 "one that is gone is not forgotten without its serial" --json inventory forget $a
expect 0 "... but with it, all its keys being kept elsewhere" --json inventory forget $a --confirm $a
holds "... and named" "j['serial'] == '$a'"
k devices --json
holds "... the inventory does not know it any more" "[d['serial'] for d in j if d['serial'] == '$a'] == []"
k backups --json
holds "... its backup stays" "[b['serial'] for b in j] == ['$a']"
k journal --json
holds "... and its entries" "sum(e['serial'] == '$a' for e in j) > 4 and j[0]['what'] == 'device.forgotten'"
expect 5 "one with the only copy of a key is not, without its serial" inventory forget $b
says "... and the key is named" 'The key "key of DENK0100041" is on no other device, and has no backup'
says "... and what it needs" "needs .-confirm $b"
expect 5 "... nor with another one" --confirm $a inventory forget $b
expect 0 "... but with it" --confirm $b inventory forget $b
k keys --json
holds "the key is gone from the list, the other one is known by its backup" "[(e['label'], e['on_devices'], e['backups']) for e in j] == [
	('key of $a', 0, 1)]"

expect 0 "the journal is exported" --json journal export journal.jsonl
holds "... and whole" 'j["whole"] and j["file"] == "journal.jsonl"'
n=$(value 'j["entries"]')
[ "$(python3 "$here/chain.py" journal.jsonl)" = "$n" ]
verdict $? "... its chain can be checked without this program"
[ "$(stat -c %a journal.jsonl)" = 600 ]
verdict $? "... and only its owner can read it"
expect 5 "a file that is there is left alone" journal export journal.jsonl
expect 2 "the file must be named" journal export
sed -i '3s/was/Was/' journal.jsonl
! python3 "$here/chain.py" journal.jsonl >out 2>err
verdict $? "a changed letter is seen"
expect 0 "once more" journal export again.jsonl
[ "$(python3 "$here/chain.py" again.jsonl)" = $((n + 1)) ]
verdict $? "... the export itself was an entry"
python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
for (name,) in c.execute("select name from sqlite_master where type = ? and tbl_name = ?", ("trigger", "journal")).fetchall():
    c.execute("drop trigger " + name)
c.execute("update journal set text = ? where number = 3", ("something else",))
c.commit()' cards/inventory.db
expect 0 "a journal that was changed is exported as it is" --json journal export changed.jsonl
holds "... and said to be no whole one" 'not j["whole"]'
says "... with the entry that is wrong" 'not as it was written: entry 3 '
finish
