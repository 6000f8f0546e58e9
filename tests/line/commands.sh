#!/bin/bash
# Every command of the first ceremony with the exit codes, members and refusals of the contract.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

expect 2 "a command that is not there is a usage error" nothing
expect 2 "half a command is none" share
says "... and the rest is named" 'share new, share check, share import'
expect 2 "an option that is not there is a usage error" status --pin 407193
expect 2 "a PIN has no option of its own" key new --type ec:secp256r1 --label x --pin 407193
timeout 20 "$KEYROOM" >out 2>err </dev/null
verdict $(($? != 2)) "without a command and without a terminal: a usage error"
expect 0 "help is given" --help
expect 0 "the version is given" --version

expect 0 "devices lists the two simulated cards" --json devices
holds "... with the members of the contract" \
	'len(j) == 2 and all(set(d) >= {"serial", "label", "reader", "present", "firmware"} and d["present"] is True for d in j)'
a=$(value 'j[0]["serial"]') b=$(value 'j[1]["serial"]')
expect 2 "which of two devices must be said" status
says "... naming them" "$a"
expect 3 "a device that is not here is no such device" -d DENK9999999 status
expect 0 "status of a fresh device" --json -d "$a" status
holds "... which has no user PIN yet" \
	'j["pin_tries"] is None and j["memory_free"] > 10000 and j["dkek_kcv"] is None'
expect 1 "a key cannot be made on a fresh device" --json -d "$a" key new --type ec:secp256r1 --label x --pin-file pin

expect 0 "a share is made" share new one.pbe --new-password-file password
[ "$(stat -c '%a %s' one.pbe)" = "600 64" ]
verdict $? "... 64 bytes, for its owner alone"
cp one.pbe kept.pbe
expect 5 "an output file that exists is refused" share new one.pbe --new-password-file password
cmp -s one.pbe kept.pbe
verdict $? "... and left as it is"
expect 2 "a password is needed, and there is no terminal" --json share check one.pbe
expect 4 "a wrong password" --json share check one.pbe --password-file wrongpassword
expect 0 "the right one" --json share check one.pbe --password-file password
holds "... gives check values" \
	'len(j["dkek_kcv"]) == 16 and j["dkek_kcv"].isupper() | j["dkek_kcv"].isdigit() and j["shares"][0]["file"] == "one.pbe" and j["shares"][0]["kcv"] == j["dkek_kcv"]'
kcv=$(value 'j["dkek_kcv"]')
head -c 40 one.pbe >cut.pbe
expect 6 "a share cut short is damaged" --json share check cut.pbe --password-file password
expect 3 "a share that is not there" --json share check nowhere.pbe --password-file password
expect 5 "the same share twice" share check one.pbe one.pbe --password-file password --password-file password
says "... is said before it is opened" 'one.pbe stands in the list twice'
expect 2 "a password too few" share check one.pbe kept.pbe --password-file password
says "... is said, which" 'Password 2: .*--password-file'
expect 2 "a password from standard input" share check one.pbe --password-file -
expect 1 "a share in a folder that is not there" share new nowhere/two.pbe --new-password-file password
ln one.pbe $'one\nline.pbe'
expect 0 "a file's name of two lines" share check $'one\nline.pbe' --password-file password
[ "$(wc -l <out)" = 2 ]
verdict $? "... takes one"
expect 0 "... and in a document" --json share check $'one\nline.pbe' --password-file password
holds "... it is as given" 'j["shares"][0]["file"] == "one\nline.pbe"'

init=(init --label 'Root A' --shares 1 --share one.pbe --password-file password --new-so-pin-file newso --new-pin-file pin)
expect 5 "initialising needs --confirm" -d "$a" "${init[@]}" --so-pin-file so
expect 5 "... with this device's serial" -d "$a" "${init[@]}" --so-pin-file so --confirm "$b"
expect 2 "an SO-PIN of the wrong form is refused before the card is asked" -d "$a" "${init[@]}" --so-pin-file shortso --confirm "$a"
expect 2 "... and a PIN" -d "$a" init --label x --shares 1 --share one.pbe --password-file password --so-pin-file so \
	--new-so-pin-file newso --new-pin-file shortpin --confirm "$a"
expect 4 "a share's wrong password stops it before anything is erased" -d "$a" init --label x --shares 1 --share one.pbe \
	--password-file wrongpassword --so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm "$a"
expect 2 "128 shares, which other tools take for none" -d "$a" init --label x --shares 128 --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --confirm "$a"
says "... at most 127" '1 to 127'
expect 2 "neither shares nor --no-backup: it has to be said" -d "$a" init --label x --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --confirm "$a"
expect 2 "more shares than the device is to have" -d "$a" "${init[@]}" --share kept.pbe --so-pin-file so --confirm "$a"
expect 2 "a share for a device without a DKEK" -d "$a" init --label x --no-backup --share one.pbe --so-pin-file so \
	--new-so-pin-file newso --new-pin-file pin --confirm "$a"
expect 0 "nothing of that touched the device" --json -d "$a" status
holds "... nor its tries" 'j["so_pin_tries"] in (15, None) and j["pin_tries"] is None'
expect 4 "a wrong SO-PIN" --json -d "$a" "${init[@]}" --so-pin-file wrongso --confirm "$a"
says "... says how many are left" 14
expect 0 "initialised" --json -d "$a" "${init[@]}" --so-pin-file so --confirm "$a"
holds "... with the check value of the share" "j['serial'] == '$a' and j['dkek_kcv'] == '$kcv'"
expect 0 "status afterwards" --json -d 'Root A' status
holds "... by its label: PIN tries, SO-PIN tries, DKEK" \
	"j['label'] == 'Root A' and j['pin_tries'] == 3 and j['so_pin_tries'] == 15 and j['dkek_shares'] == 1 and j['dkek_missing'] == 0 and j['dkek_kcv'] == '$kcv'"
expect 0 "the other one too, share to follow" -d "$b" init --label 'Root B' --shares 1 --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --confirm "$b"
expect 1 "no key while a share is missing" -d "$b" key new --type ec:secp256r1 --label x --pin-file pin
expect 0 "the share is imported later" --json -d "$b" share import one.pbe --password-file password
expect 0 "... and the check value is there" --json -d "$b" status
holds "... the same" "j['dkek_kcv'] == '$kcv' and j['dkek_missing'] == 0"

expect 2 "a PIN of the wrong form" -d "$a" key new --type ec:secp256r1 --label x --pin-file shortpin
expect 4 "a wrong PIN" --json -d "$a" key new --type ec:secp256r1 --label x --pin-file wrongpin
says "... says how many are left" 2
expect 2 "a curve that is none" -d "$a" key new --type ec:secp999r1 --label x --pin-file pin
expect 0 "an EC key" --json -d "$a" key new --type ec:secp256r1 --label 'SSH CA' --id 02 --pin-file pin
holds "... with its members" \
	'j["algorithm"] == "ec" and j["curve"] == "secp256r1" and j["size"] == 256 and j["id"] == "02" and len(j["spki_sha256"]) == 64'
spki=$(value 'j["spki_sha256"]')
expect 6 "a CKA_ID that is there already" -d "$a" key new --type ec:secp256r1 --label again --id 02 --pin-file pin
expect 0 "an RSA key" --json -d "$a" key new --type rsa:2048 --label 'Root CA' --id 01 --pin-file pin
expect 2 "a number of ten digits" --json -d "$a" key new --type ec:secp256r1 --label x --use-counter 4294967296 --pin-file pin
says "... is called too large, not no number" '9 digits'
expect 0 "an AES key" --json -d "$a" key new --type aes:256 --label 'Archive' --id 03 --pin-file pin
expect 0 "objects" --json -d "$a" objects
holds "... lists the three" \
	"sorted(o['label'] for o in j) == ['Archive', 'Root CA', 'SSH CA'] and all(o['type'] == 'key' and o['backups'] == 0 for o in j)"
holds "... with public keys" "[o for o in j if o['id'] == '02'][0]['spki_sha256'] == '$spki'"

expect 0 "a public key as PEM" -d "$a" key export --id 02 --format pem
openssl pkey -pubin -in out -outform DER 2>/dev/null | sha256sum | grep -q "^$spki"
verdict $? "... which OpenSSL reads as the same key"
expect 0 "... as DER to a file" -d "$a" key export --id 02 --format der --out pub.der
sha256sum <pub.der | grep -q "^$spki"
verdict $? "... of the same hash"
expect 0 "... for SSH" -d "$a" key export --id 02 --format ssh
grep -q '^ecdsa-sha2-nistp256 AAAA' out
verdict $? "... in its form"
expect 0 "... in a document" --json -d "$a" key export --id 02 --format ssh
holds "... which has it" 'j["content"].startswith("ecdsa-sha2-nistp256 AAAA")'
expect 0 "... and as DER" --json -d "$a" key export --id 02 --format der
holds "... in hex" "__import__('hashlib').sha256(bytes.fromhex(j['content'])).hexdigest() == '$spki'"
expect 3 "a key that is not there" -d "$a" key export --id 77
expect 1 "a file in a folder that is not there" --json -d "$a" key export --id 02 --out nowhere/pub.pem
says "... which is said" 'there is no folder nowhere'
expect 2 "standard output is no file's name" -d "$a" key export --id 02 --out -
says "... which is said" 'not taken for a file'

expect 0 "everything is backed up" --json -d "$a" backup --all --out safe --pin-file pin
holds "... three keys" 'len(j["keys"]) == 3'
[ "$(find safe -type f -perm 600 | wc -l)" = 3 ]
verdict $? "... one private file each, and nothing else"
expect 0 "backups" --json backups
holds "... matched to the DKEK" "len(j) == 3 and all(b['proof'] == 'matched' for b in j)"
expect 0 "keys" --json keys
holds "... each with one" "len(j) == 3 and all(k['backups'] == 1 for k in j)"

expect 5 "deleting needs --confirm" -d "$a" key delete --id 02 --pin-file pin
expect 0 "deleted" -d "$a" key delete --id 02 --pin-file pin --confirm "$a"
expect 0 "objects" --json -d "$a" objects
holds "... has two left" "sorted(o['id'] for o in j) == ['01', '03']"
file=$(grep -alE 'SSH CA' safe/*)
expect 0 "restored" --json -d "$a" restore "$file" --pin-file pin
expect 0 "objects" --json -d "$a" objects
holds "... has it again, with label, CKA_ID and key" \
	"[(o['label'], o['spki_sha256']) for o in j if o['id'] == '02'] == [('SSH CA', '$spki')]"
expect 6 "a key that is there already" --json -d "$a" restore "$file" --pin-file pin
expect 0 "the other device takes them all" --json -d "$b" restore safe/* --pin-file pin
expect 0 "backups" --json backups
holds "... are proven by restoring" "all(b['proof'] == 'restored' for b in j)"
head -c 200 "$file" >damaged
expect 6 "a wrapped key cut short" --json -d "$b" restore damaged --pin-file pin

expect 0 "a device of another DKEK" -d "$b" init --label 'Root B' --no-backup --so-pin-file newso --new-so-pin-file newso \
	--new-pin-file pin --confirm "$b"
expect 1 "... does not take them" --json -d "$b" restore "$file" --pin-file pin
expect 0 "... its key" --json -d "$b" key new --type ec:secp256r1 --label lonely --pin-file pin
expect 1 "... cannot be backed up" --json -d "$b" backup --all --out none --pin-file pin
says "... and is named" lonely
expect 0 "a key that is too weak by now" -d "$b" key new --type rsa:1024 --label weak --use-counter 7 --pin-file pin
says "... is said to be" '^! Keys of this kind are too weak'
says "... and how often it can be used" '^! The key can be used 7 times'
expect 0 "such a key is tried" -d "$b" key test --id "$(k --json -d "$b" objects; value '[o["id"] for o in j if o["label"] == "weak"][0]')" --pin-file pin
[ "$(grep -c 'spends one' err)" = 1 ]
verdict $? "... with one warning, said once"

expect 4 "a wrong PIN cannot be changed" -d "$a" pin change --pin-file wrongpin --new-pin-file newpin
expect 0 "the right one can" -d "$a" pin change --pin-file pin --new-pin-file newpin
expect 4 "one wrong try" -d "$a" pin change --pin-file wronglong --new-pin-file pin
expect 4 "two" -d "$a" pin change --pin-file wronglong --new-pin-file pin
expect 5 "the last one needs --confirm" -d "$a" pin change --pin-file wronglong --new-pin-file pin
expect 0 "... and was not spent" --json -d "$a" status
holds "... one left" 'j["pin_tries"] == 1'
expect 4 "with it" -d "$a" pin change --pin-file wronglong --new-pin-file pin --confirm "$a"
expect 0 "blocked" --json -d "$a" status
holds "... no try left" 'j["pin_tries"] == 0'
expect 0 "the SO-PIN unblocks it" -d "$a" pin unblock --so-pin-file newso --new-pin-file pin
expect 0 "... and can be changed" -d "$a" so-pin change --so-pin-file newso --new-so-pin-file wrongso
expect 4 "the old one is none any more" -d "$a" so-pin change --so-pin-file newso --new-so-pin-file newso

expect 0 "the journal" --json journal
holds "... tells what happened" 'len(j) > 10 and all(e["text"] for e in j)'
expect 0 "... and is whole" --json journal verify
expect 0 "doctor" doctor
finish
