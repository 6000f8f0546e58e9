#!/bin/bash
# Keyroom and the real pcscd: what is there, what is not, and what comes and goes.
. "$(dirname "$0")/lib.sh"
a=DENK0300001 b=DENK0300002

nothing_there() {
	exits 3 k status
	k --json devices >devices.json
	same "$(json devices.json 'sorted((o["serial"], o["present"], o["reader"]) for o in d)')" \
		"[(None, False, 'Virtual PCD 00 00'), (None, False, 'Virtual PCD 00 01')]"
	k devices >said
	has 'no card +Virtual PCD 00 01' said
}

one_card() {
	k --json status >status.json
	same "$(json status.json 'd["serial"], d["present"] if "present" in d else True')" "('$a', True)"
	k -d $a status
	k -d 'PCD 00 00' status
	exits 3 k -d DENK0999999 status
}

two_cards() {
	k --json devices >devices.json
	same "$(json devices.json 'sorted(o["serial"] for o in d if o["present"])')" "['$a', '$b']"
	k -d $b status
	k -d 'PCD 00 01' status | tee said
	has $b said
	exits 2 k status
	has "$a, $b" said
}

came_and_went() {
	k --json devices >devices.json
	same "$(json devices.json 'sorted((o["serial"], o["present"]) for o in d if o["serial"])')" "[('$a', False), ('$b', True)]"
}

# The inventory on a disk that cannot be written: looking goes on, nothing else does.
cannot_be_written() {
	mkdir disk
	mount -t tmpfs -o size=4m,mode=700 none disk
	cp inventory disk/inventory
	mount -o remount,ro disk
	local before
	exits 0 "$KEYROOM" --store disk/inventory -d $b status
	has 'read-only' said
	exits 0 "$KEYROOM" --store disk/inventory devices
	printf 'not written\tq\n' | TERM=xterm-256color LINES=24 COLUMNS=80 timeout 60 python3 "$here/../line/typed.py" screen \
		"$KEYROOM" --store disk/inventory
	before=$(apdus b)
	exits 1 "$KEYROOM" --store disk/inventory -d $b init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
		--new-pin-file pin --confirm $b
	has 'read-only' said
	hasnt 'was erased' said
	[ $(($(apdus b) - before)) -lt 12 ]
	umount disk
}

no_service() {
	kill "${pids[0]}"
	wait "${pids[0]}" 2>/dev/null || true
	exits 3 k status
	has 'pcscd' said
	exits 3 k devices
	has 'pcscd' said
	has $b said
	k --json devices >devices.json 2>said && return 1
	has 'pcscd' said
	[ ! -s devices.json ]
	exits 1 k doctor
}

mkdir -p "$XDG_DATA_HOME"
secret so $so
secret pin $pin
secret newso 0123456789abcdef
check 'without a card, status says so and exits with 3' nothing_there
insert 0 a --serial $a --firmware 3.6
check 'one card needs no -d' one_card
insert 1 b --serial $b --firmware 3.6
check 'two cards are told apart by serial and reader' two_cards
check 'with pcscd and cards, doctor finds nothing wrong' k doctor
eject 0
check 'a card that was taken out is known, and absent' came_and_went
check 'an inventory that cannot be written is for looking' cannot_be_written
check 'without pcscd, status exits with 3 and names it' no_service
end
