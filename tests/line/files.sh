#!/bin/bash
# Shares and wrapped keys that are damaged, foreign or no files at all; what others made; how much a device can hold.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100041 4.1
card cards DENK0100025 2.5
card cards DENK0100036 3.6 --memory 3
new=DENK0100041 old=DENK0100025 small=DENK0100036

k share new one.pbe --new-password-file password
k share new two.pbe --new-password-file password
for serial in $new $old $small; do
	expect 0 "$serial is initialised" -d $serial init --label $serial --shares 1 --share one.pbe --password-file password \
		--so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm $serial
done
two=(init --label x --share one.pbe --share two.pbe --password-file password --password-file password --so-pin-file newso
	--new-pin-file pin --confirm "$new")
expect 2 "a share more than the device is to have" -d $new "${two[@]}" --shares 1
says "... is named" 'two.pbe'
expect 2 "a password more than there are shares" share check one.pbe --password-file password --password-file wrongpassword
expect 2 "an option said twice" -d $new key new --type ec:secp256r1 --label a --label b --pin-file pin
says "... is named" 'label was given twice'
expect 2 "... and a form" -d $new key export --id 01 --format pem --format ssh

printf '' >empty
printf 'x' >byte
head -c 63 one.pbe >short.pbe
cat one.pbe byte >long.pbe
mkdir folder
mkfifo pipe
ln -s nowhere dangling
truncate -s 3G huge
for file in empty byte short.pbe long.pbe password; do
	expect 6 "no share: $file" share check $file --password-file password
	says "... which is said in whole sentences" "^keyroom: $file cannot be used: .*\.$"
done
expect 6 "a share of three gigabytes is not read" share check huge --password-file password
expect 3 "a link to nowhere" share check dangling --password-file password
for file in folder pipe /dev/null; do
	expect 1 "no file: $file" share check $file --password-file password
done

for key in 'ec:secp256r1 signing' 'ec:secp521r1 curve' 'rsa:2048 root' 'aes:192 archive'; do
	expect 0 "a key of type ${key% *}" -d $new key new --type "${key% *}" --label "${key#* }" --pin-file pin
done
expect 0 "all are backed up" -d $new backup --all --out safe --pin-file pin
signing=$(grep -al signing safe/*) curve=$(grep -al curve safe/*) root=$(grep -al root safe/*) archive=$(grep -al archive safe/*)
expect 1 "firmware 2.5 takes some of them" -d $old restore safe/* --pin-file pin
says "... one that it cannot hold is named, and why" '^! "curve" was not restored. The firmware of DENK0100025'
says "... and the other" '^! "archive" was not restored. The firmware'
says "... and how many" '2 of 4 could not be done'
[ "$(grep -c 'curve' err)" = 1 ]
verdict $? "... each once"
expect 1 "none of them is sent to it" -d $old restore "$curve" "$archive" --pin-file pin
says "... which is said of each" '^! archive: The firmware'
expect 0 "it has what it can have" --json -d $old objects
holds "... both keys" 'sorted(o["label"] for o in j) == ["root", "signing"]'
expect 1 "a device that is full" -d $small restore "$signing" "$archive" "$root" --pin-file pin
says "... says what is on it" '2 of 3 keys are on the device'
expect 0 "and has" --json -d $small objects
holds "... these" 'sorted(o["label"] for o in j) == ["archive", "signing"]'

damage() { python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); i = eval(sys.argv[3], {"b": b, "n": len(b)}); b[i] ^= 1; open(sys.argv[2], "wb").write(b)' "$@"; }
damage "$curve" outside 1
damage "$curve" foreign '8 + b[:20].index(4)'
damage "$curve" inside 120
damage "$curve" label 'b.index(b"curve")'
head -c 300 "$curve" >cut.wky
k -d $new key delete --id "$(k --json -d $new objects; value '[o["id"] for o in j if o["label"] == "curve"][0]')" --pin-file pin \
	--confirm $new
for file in empty byte password one.pbe outside foreign inside cut.wky huge; do
	expect 6 "no wrapped key, or a damaged one: $file" --json -d $new restore $file --pin-file pin
done
expect 6 "all of them at once" -d $new restore empty outside foreign --pin-file pin
says "... each with its own reason" '^! empty: This is not a wrapped key'
says "... and the other" '^! curve: foreign is wrapped under'
expect 3 "a file that is not there" --json -d $new restore nowhere --pin-file pin
expect 1 "a folder" --json -d $new restore folder --pin-file pin
expect 0 "nothing of that came onto the device" --json -d $new objects
holds "... three keys" 'len(j) == 3'
expect 0 "a changed label comes with the key" -d $new restore label --pin-file pin
says "... but the inventory knows better" 'another description or certificate'
k -d $new key delete --id ref:2 --pin-file pin --confirm $new
python3 -c 'import sys; b = open(sys.argv[1], "rb").read(); i = b.index(b"\x04\x82")
open("bare", "wb").write(b[i + 4:i + 4 + int.from_bytes(b[i + 2:i + 4], "big")])' "$curve"
expect 0 "the bytes that a card gave, without anything beside them" --json -d $new restore bare --pin-file pin
holds "... become the key that the inventory knows" 'j["keys"][0]["label"] == "curve" and j["keys"][0]["compared"] is True'

# --- a share that another program had imported already, which no journal here knows
blank=(--so-pin-file newso --new-so-pin-file so2 --new-pin-file pin)
secret so2 2f8c41d07be95a37
k -d $old init --label old --shares 2 --share one.pbe --password-file password "${blank[@]}" --confirm $old
rm cards/inventory*
expect 6 "the same share once more is told from the check value" --json -d $old share import one.pbe --password-file password
says "... for what it leaves" 'nothing but zeros'
expect 0 "status" -d $old status
grep -q '66687AADF862BD77 *nothing but zeros' out
verdict $? "... says so ever after"
expect 0 "a key can be made" -d $old key new --type ec:secp256r1 --label void --pin-file pin
says "... with a warning" 'nothing but zeros'
expect 0 "... and backed up" -d $old backup --all --pin-file pin
says "... with a warning" 'whoever gets this backup has the key'
k -d $small init --label small --shares 3 --share one.pbe --password-file password "${blank[@]}" --confirm $small
rm cards/inventory*
expect 0 "another one is imported" -d $small share import two.pbe --password-file password
expect 6 "... and of three, two of which are the same," -d $small share import one.pbe --password-file password
says "... a single one is left" 'is a single share'
finish
