#!/bin/bash
# Everything that one device has, put onto another one, by a script.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100031 3.6
card cards DENK0100041 3.6
card cards DENK0100051 3.6
a=DENK0100031 b=DENK0100041 other=DENK0100051
secret bpin 51820746

k share new one.pbe --new-password-file password
k share new two.pbe --new-password-file password
initialise() { # SERIAL SHARE PINFILE
	expect 0 "$1 is initialised" -d "$1" init --label "label $1" --shares 1 --share "$2" --password-file password \
		--so-pin-file so --new-so-pin-file newso --new-pin-file "$3" --confirm "$1"
}
initialise $a one.pbe pin
initialise $b one.pbe bpin
initialise $other two.pbe pin
k -d $a key new --type ec:secp256r1 --label "Root CA" --id 0a --pin-file pin
k -d $a key new --type aes:256 --label archive --id 0b --pin-file pin

expect 2 "clone wants to know the other device" -d $a clone --pin-file pin --to-pin-file bpin
expect 2 "... not the same one" -d $a clone --to $a --pin-file pin --to-pin-file bpin
expect 3 "... one that is here" -d $a clone --to DENK0999999 --pin-file pin --to-pin-file bpin
expect 2 "... and its PIN" -d $a clone --to $b --pin-file pin
expect 6 "another DKEK is refused" -d $a clone --to $other --pin-file wrongpin --to-pin-file wrongpin
says "... with both check values" 'has the DKEK [0-9A-F]{16}, and DENK0100051 has the DKEK [0-9A-F]{16}'
k -d $other status --json
holds "... and no try was spent" 'j["pin_tries"] == 3'
expect 5 "a --confirm that names neither is refused" -d $a --confirm $other clone --to $b --pin-file pin --to-pin-file bpin
expect 4 "the wrong PIN of the other device" -d $a clone --to $b --pin-file pin --to-pin-file wronglong
k backups --json
holds "... before anything was wrapped" 'j == []'

expect 0 "a device is cloned, the other one named by its label" --json -d $a clone --to "label $b" --pin-file pin --to-pin-file bpin
holds "... it says onto which" "j['serial'] == '$a' and j['to'] == '$b'"
holds "... the keys are proven" '[(o["type"], o["id"], o["proof"], o["was_there"]) for o in j["objects"]] == [
	("key", "0a", "restored", False), ("key", "0b", "restored", False)]'
k -d $b objects --json
holds "... and on the other device" '[(o["label"], o["id"], o["backups"], o["proof"]) for o in j if o["type"] == "key"] == [
	("Root CA", "0a", 1, "restored"), ("archive", "0b", 1, "restored")]'
expect 0 "once more there is nothing to be done" --json -d $a clone --to $b --pin-file pin --to-pin-file bpin
holds "... and it says so" 'all(o["was_there"] for o in j["objects"])'
k backups --json
holds "... and nothing was wrapped again" 'len(j) == 2'

k -d $a key new --type ec:secp384r1 --label "Sub CA" --id 0c --pin-file pin
k -d $b key new --type ec:secp256r1 --label "Stranger" --id 0d --pin-file bpin
k -d $a key new --type ec:secp256r1 --label "Issuer" --id 0d --pin-file pin
expect 1 "another key under the same ID is named" -d $a clone --to $b --pin-file pin --to-pin-file bpin
says "... by its label" '"Issuer" was not put onto DENK0100041.*"Stranger"'
k -d $b objects --json
holds "... and the others are there" 'sorted(o["label"] for o in j if o["type"] == "key") == ["Root CA", "Stranger", "Sub CA", "archive"]'
k journal --json
holds "the journal has it" '[e["serial"] for e in j if e["what"] == "device.cloned"] == ["DENK0100041"] * 3'
finish
