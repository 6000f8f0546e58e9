#!/bin/bash
# Another program keeps a transaction open on the real pcscd: nothing of ours hangs, and all goes on when it ends.
. "$(dirname "$0")/lib.sh"
a=DENK0300001 b=DENK0300002
export TERM=xterm-256color LINES=24 COLUMNS=80

hold() { # hold SLOT: until release
	rm -f held hold
	mkfifo hold
	python3 "$here/exclusive.py" "$(readers | sed -n "s/.*\(Virtual PCD 00 0$1\).*/\1/p")" shared <>hold >held &
	echo $! >holder
	timeout 10 bash -c 'until [ -s held ]; do sleep 0.05; done'
	same "$(cat held)" mine
}
release() {
	kill "$(cat holder)"
	until ! kill -0 "$(cat holder)" 2>/dev/null; do sleep 0.05; done
}
takes() { # takes LEAST MOST COMMAND...: in milliseconds
	local least=$1 most=$2 before after got=0
	shift 2
	before=$(date +%s%3N)
	"$@" || got=$?
	after=$(date +%s%3N)
	echo "$* took $((after - before)) ms"
	[ $((after - before)) -ge "$least" ] && [ $((after - before)) -le "$most" ] || return 99
	return $got
}
# Typed in the console: what is waited for, a tab, and the keys that are pressed then. What was on the screen at the same
# place before is not drawn again: of "here" the e stays when it becomes "in use".
typed() { timeout 60 python3 "$here/../line/typed.py" screen "$KEYROOM" --store "$work/inventory"; }

gives_up() {
	hold 0
	exits 3 takes 8000 15000 k -d $a status
	has 'Another program is using the device' said
	takes 0 5000 k -d 'PCD 00 01' status   # the other reader is nobody's
	release
	takes 0 5000 k -d $a status
}

waits() {
	hold 0
	k -d 'PCD 00 00' status >said &
	local pid=$!
	sleep 3
	kill -0 $pid
	release
	takes 0 3000 wait $pid
	has $a said
}

quits() {
	hold 0
	takes 0 4000 typed <<<$'in us\tq'
	release
}

goes_on() {
	hold 0
	printf 'in us\t\nDENK0300001\tq\n' | typed &
	local pid=$!
	sleep 4
	release
	takes 0 3000 wait $pid
}

stays() { # what was read before stays on the screen
	{
		printf '%s\t\n' $a
		sleep 2
		hold 0
		printf '\t\x0c\nin us\tq\n'
	} | takes 0 10000 typed
	release
	has 'in us' screen
	hasnt 'Another program' screen
}

# struck MILLISECONDS ARGUMENT...: killed after so long
struck() {
	local ms=$1 pid
	shift
	"$KEYROOM" --store "$work/inventory" -d $b "$@" >said 2>&1 &
	pid=$!
	sleep "0.$(printf %03d "$ms")"
	kill -KILL $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
}
# What pcscd does for a program that is gone: nobody stays logged in (a number of tries is shown then), nothing is held. One try
# of the SO-PIN may be spent by whoever takes up an initialisation that was struck while the SO-PIN was being changed.
is_free() {
	k --json -d $b status >status.json
	same "$(json status.json 'd["so_pin_tries"] in (None, 14, 15)')" True
	[ -z "${1:-}" ] || same "$(json status.json '(d["initialised"], d["label"], d["pin_tries"])')" "$1"
}
begun() { k --json journal >journal.json && json journal.json 'any(e["what"] == "device.initialised" for e in d)'; }

is_killed() {
	local init=(init --label struck --no-backup --so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm "$b") i
	for i in 20 50 80 110 140; do
		[ "$(begun)" = False ] || break
		struck $i "${init[@]}"
		is_free
	done
	[ "$(begun)" = True ] || k -d $b "${init[@]}"
	is_free "(True, 'struck', 3)"
	for i in 15 30 45 60 75 90 120 160; do
		struck $i key new --type ec:secp256r1 --label "after $i" --pin-file pin
		is_free "(True, 'struck', 3)"
	done
	k -d $b key new --type ec:secp256r1 --label last --pin-file pin
	k --json -d $b objects >objects.json
	# A key that was struck before its description was written has no CKA_ID: its key reference stands for it.
	same "$(json objects.json 'len({o["id"] or o["key_ref"] for o in d}) == len(d)')" True
	same "$(json objects.json '"last" in [o["label"] for o in d]')" True
	p11 1 --login --pin $pin --list-objects --type privkey
	k journal verify
}

secret pin $pin
secret so $so
secret newso 0123456789abcdef
insert 0 a --serial $a --firmware 3.6
insert 1 b --serial $b --firmware 3.6
check 'a command gives up after ten seconds with exit code 3, and says why' gives_up
check 'a command goes on after a transaction that ends soon' waits
check 'the console says that a reader is in use, and quits at once' quits
check 'the console goes on by itself when the reader is free' goes_on
check 'a device that was read stays on the screen while it is in use' stays
check 'whoever is killed leaves the device to others, and what it began can be taken up' is_killed
end
