#!/bin/bash
# Keyroom and cards that are none of ours, that somebody else has, or that misbehave.
. "$(dirname "$0")/lib.sh"
a=DENK0300001

# foreign ATR [STATUSWORD]: such a card in slot 0
foreign() {
	mkfifo -m 600 "$work/held.$((++held))"
	python3 "$here/foreign_card.py" 35963 "$@" <>"$work/held.$held" &
	card_pid[0]=$!
	pids+=($!)
	wait_for 0 Yes
}
held=0

is_no_hsm() { # is_no_hsm WHAT USE: by every command, and nothing is sent to it that could count
	exits 3 k status
	has "$1" said
	has "$2" said
	has 'Nothing was done to it' said
	exits 3 k -d 'PCD 00 00' init --label x --no-backup --so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm x
	k --json devices >devices.json
	same "$(json devices.json '[(o["serial"], o["present"]) for o in d if o["reader"]]')" "[(None, True), (None, False)]"
}

somebody_has_it() {
	mkfifo -m 600 "$work/mine"
	python3 "$here/exclusive.py" "$(readers | sed -n 's/.*\(Virtual PCD 00 00\).*/\1/p')" <>"$work/mine" >taken &
	local pid=$!
	timeout 10 bash -c 'until [ -s taken ]; do sleep 0.1; done'
	exits 3 k status
	has 'for itself|other program|another program' said
	exits 3 k key new --type ec:secp256r1 --label x --pin-file pin
	kill $pid
	wait $pid 2>/dev/null || true
	k status
}

set_up() {
	k -d $a init --label a --shares 1 --share one.pbe --password-file password --so-pin-file so --new-so-pin-file newso \
		--new-pin-file pin --confirm $a
	k -d $a key new --type ec:secp256r1 --label first --id 01 --pin-file pin
	k -d $a key new --type rsa:2048 --label second --id 02 --pin-file pin
	k -d $a backup --all --out safe --pin-file pin
}

misbehave() { # misbehave SPEC
	eject 0
	insert 0 a --fault "$1"
}

# What hides the keys that are there must not lead to a new one in the place of one of them.
try_all() { # try_all DIR: none of it is asked to succeed
	k -d $a key new --type ec:secp256r1 --label third --pin-file pin || true
	k -d $a restore safe/first-01.wky --pin-file pin || true
	k -d $a backup --all --out "$1" --pin-file pin || true
	k -d $a objects || true
}

keys_are_there() { # in truth
	k --json -d $a objects >objects.json
	same "$(json objects.json 'sorted((o["label"], o["id"]) for o in d if o["label"] in ("first", "second"))')" \
		"[('first', '01'), ('second', '02')]"
	k --json keys >keys.json
	same "$(json keys.json 'sorted(o["label"] for o in d if o["on_devices"] == 1 and o["label"] in ("first", "second"))')" \
		"['first', 'second']"
}

check_value_hidden() {
	k --json -d $a status >status.json
	same "$(json status.json 'd["dkek_kcv"], d["dkek_missing"]')" '(None, 0)'
	k -d $a backup --id 01 --out hidden --pin-file pin
	exits 6 k -d $a restore safe/first-01.wky --pin-file pin
	has 'on the device already' said
}

small_reader() {
	k -d $a objects | tee said
	has first said
	k -d $a key export --id 02 >second.pem
	openssl pkey -pubin -in second.pem -noout
	exits 1 k -d $a backup --id 02 --out small --pin-file pin
	has 'extended' said
	same "$(find small -type f 2>/dev/null | wc -l)" 0
}

silent() {
	exits 3 k status || exits 1 k status
	k --json devices >devices.json
}

mkdir -p "$XDG_DATA_HOME"
secret so $so
secret newso 2f8c41d07be95a36
secret pin $pin
secret password 'the first sentence'
foreign 3BDA18FF81B1FE751F030031F573C001600090001C
check 'an OpenPGP card is called what it is' is_no_hsm 'OpenPGP card' 'gpg --card-status'
eject 0
foreign 3BFD1300008131FE158073C021C057597562694B657940
check 'a YubiKey too' is_no_hsm YubiKey ykman
eject 0
foreign 3B00
check 'a card that nobody knows is none of ours' is_no_hsm 'SmartCard-HSM' 'SmartCard-HSM'
eject 0
foreign 3BFE1800008131FE458031815448534D31738021408107FA
check 'nor one with our ATR and without the application' exits 3 k status
eject 0

insert 0 a --serial $a --firmware 3.6
k share new one.pbe --new-password-file password >/dev/null 2>&1
check 'a device is set up' set_up
check 'a card that another program has for itself' somebody_has_it
for spec in short:58 garbage:58 wrong:58 short:B1 garbage:B1 wrong:B1 garbage:52 short:46 garbage:46 wrong:46 short:A4 sw:58=6F00; do
	misbehave $spec
	check "a device that answers wrong ($spec) is borne" try_all "safe.$spec"
	misbehave 'drop@9999'
	check '... and loses no key' keys_are_there
done
misbehave zero-kcv
check 'a check value of zeros is one that is not shown' check_value_hidden
misbehave limit=256
check 'behind a reader without extended APDUs' small_reader
eject 0
"$SIM" --port 35963 --fault mute "$work/a.card" >"$work/mute.log" 2>&1 &
card_pid[0]=$!
pids+=($!)
sleep 1
check 'a card that does not answer at all' silent
end
