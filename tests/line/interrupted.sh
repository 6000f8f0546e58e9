#!/bin/bash
# Backups and restores that are stopped half way: the same command takes them up, nothing is lost, nothing is left out.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
keys=24
card cards DENK0100031 3.1
card cards DENK0100041 4.1
card fresh DENK0100051 3.6
a=DENK0100031 b=DENK0100041

k share new one.pbe --new-password-file password
for serial in $a $b; do
	expect 0 "$serial is initialised" -d $serial init --label $serial --shares 1 --share one.pbe --password-file password \
		--so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm $serial
done
for ((i = 1; i < keys; i++)); do
	k -d $a key new --type ec:secp256r1 --label "key $i" --pin-file pin
done
k -d $a key new --type aes:256 --label archive --pin-file pin

# while_at_work SIGNAL DIR COUNT ARGUMENT...: sends the signal once DIR has COUNT files; the exit code is left in $code
while_at_work() {
	local signal=$1 dir=$2 count=$3 pid
	shift 3
	"$KEYROOM" --rehearse=cards "$@" >out 2>err </dev/null &
	pid=$!
	for ((i = 0; i < 2000; i++)); do
		[ "$(find "$dir" -name '*.wky' 2>/dev/null | wc -l)" -lt "$count" ] || break
		kill -0 $pid 2>/dev/null || break
	done
	kill "-$signal" $pid 2>/dev/null
	wait $pid 2>/dev/null
	code=$?
}
# complete SENTENCE DIR: one file for each key at least, each of them whole, and nothing else that a shell's star finds
complete() {
	local n
	n=$(find "$2" -name '*.wky' | sed -E 's/(-[0-9a-f]{8})-[0-9]+\.wky$/\1.wky/' | sort -u | wc -l)
	[ "$n" = $keys ] && [ "$(find "$2" -name '*.wky' | wc -l)" -le $((keys + 1)) ] &&
		[ -z "$(find "$2" -type f ! -name '*.wky' ! -name '.*')" ]
	verdict $? "$1"
}

expect 0 "all keys are backed up" -d $a backup --all --out whole --pin-file pin
complete "... one file for each" whole
for n in 1 2 3; do
	while_at_work KILL killed$n $((n * 5)) -d $a backup --all --out killed$n --pin-file pin
	expect 0 "backup $n was killed, and the same command again takes it up" -d $a backup --all --out killed$n --pin-file pin
	complete "... it has them all, though others were saved in the same second" killed$n
done
while_at_work TERM stopped 5 -d $a backup --all --out stopped --pin-file pin
[ $code = 7 ]
verdict $? "asked to end, a backup stops between two keys, which is exit 7 (exit $code)"
says "... says how far it came" 'cancelled after [0-9]+ of 24 keys'
[ -z "$(find stopped -type f ! -name '*.wky')" ]
verdict $? "... and leaves whole files alone"
expect 0 "... taken up again" -d $a backup --all --out stopped --pin-file pin
complete "... it has them all" stopped
[ "$(find stopped -name '*.wky' | wc -l)" = $keys ]
verdict $? "... and each once, the secret key too"

cp -r cards both
"$KEYROOM" --rehearse=cards -d $b restore whole/* --pin-file pin >out 2>err </dev/null &
pid=$!
sleep 0.1
kill -KILL $pid
wait $pid 2>/dev/null
k -d $b restore whole/* --pin-file pin
expect 0 "a restore was killed and taken up again" --json -d $b objects
holds "... every key is there, once, and described" \
	"len(j) == $keys and len({o['label'] for o in j}) == $keys and all(o['id'] and (o['spki_sha256'] or o['cmac']) for o in j)"
expect 0 "backups" --json backups
holds "... none is lost, those that were restored are proven" \
	"len({b['label'] for b in j}) == $keys and {b['label'] for b in j if b['proof'] == 'restored'} == {b['label'] for b in j}"
expect 0 "the journal is whole" journal verify

# --- at any moment of a run: SIGKILL, and in every third round ^C

took() { # took ARGUMENT...: how long the whole of it takes, in milliseconds, is left in $whole
	local from=${EPOCHREALTIME/./}
	k "$@" || verdict 1 "$* (exit $?)"
	whole=$(((${EPOCHREALTIME/./} - from) / 1000))
}
rounds=10
strike() { # strike ROUND ARGUMENT...: true where it came to its end by itself
	local ms=$((whole * $1 / rounds + RANDOM % (whole / rounds + 1))) signal=KILL pid
	[ $(($1 % 3)) != 2 ] || signal=INT
	shift
	# Bash has its children in the background deaf to ^C.
	env --default-signal=INT "$KEYROOM" --rehearse=cards "$@" >out 2>err </dev/null &
	pid=$!
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill -$signal $pid 2>/dev/null
	wait $pid 2>/dev/null
	code=$?
	[[ " KILL-137 INT-130 INT-7 INT-1 $signal-0 " = *" $signal-$code "* ]] || verdict 1 "SIG$signal after $ms ms (exit $code)"
	[ $code = 0 ]
}
lost=0
loses() { # loses WHAT: counted, and shown with the first of them
	lost=$((lost + 1))
	[ $lost -gt 1 ] || { echo "# $*"; sed 's/^/# /' out err; }
}
is_whole() { # is_whole FILE...: as long as its first length says
	python3 - "$@" <<-'TEXT'
		import sys
		for name in sys.argv[1:]:
		    d = open(name, "rb").read()
		    n = d[1] & 0x7f if d[1] & 0x80 else 0
		    if d[0] != 0x30 or len(d) != 2 + n + (int.from_bytes(d[2:2 + n], "big") if n else d[1]):
		        sys.exit(1)
	TEXT
}
none_lost() { [ $lost = 0 ]; verdict $? "$1"; lost=0; }
anew() { rm -rf cards && cp -r "$1" cards; }

# What is on the device after a run was struck is what a whole run does, or nothing, or what the same command completes.
anew fresh
c=DENK0100051
arguments=(-d "$c" init --label third --no-backup --so-pin-file so --new-so-pin-file newso --new-pin-file pin --confirm "$c")
took "${arguments[@]}"
for ((round = 0; round < rounds; round++)); do
	anew fresh
	over=no
	strike $round "${arguments[@]}" && over=yes
	k --json -d $c status || loses "round $round: no status after it"
	[ "$(value "j['so_pin_tries'] in (None, 15)")" = True ] || loses "round $round: a try of the SO-PIN"
	k --json journal || loses "round $round: no journal after it"
	[ "$(value "any(e['what'] == 'device.initialised' for e in j)")" = False ] || over=yes
	# Killed between a new SO-PIN and its entry in the journal: which of the two it is, nobody knows until one is tried.
	[ $over = yes ] || k "${arguments[@]}" ||
		{ grep -q 'may have the new one already' err && k "${arguments[@]/#so/newso}"; } ||
		loses "round $round: it is not taken up again (exit $?)"
	k --json -d $c status
	[ "$(value "j['initialised'] and j['label'] == 'third' and j['pin_tries'] == 3 and j['so_pin_tries'] == 15")" = True ] ||
		loses "round $round: not as it should be"
	k -d $c key new --type ec:secp256r1 --label works --pin-file pin || loses "round $round: the PIN"
	k journal verify || loses "round $round: the journal"
done
none_lost "$rounds initialisations were struck, and each one was completed by the same command"

anew both
took -d $a backup --all --out struck --pin-file pin
for ((round = 0; round < rounds; round++)); do
	rm -rf struck && anew both
	strike $round -d $a backup --all --out struck --pin-file pin
	k --json -d $a objects && [ "$(value "len([o for o in j if o['type'] == 'key'])")" = $keys ] || loses "round $round: a key"
	k -d $a backup --all --out struck --pin-file pin || loses "round $round: it is not taken up again (exit $code)"
	[ "$(find struck -name '*.wky' | sed -E 's/(-[0-9a-f]{8})-[0-9]+\.wky$/\1.wky/' | sort -u | wc -l)" = $keys ] || loses "round $round: a file"
	is_whole struck/*.wky || loses "round $round: a file that is not whole"
	k journal verify || loses "round $round: the journal"
done
none_lost "$rounds backups were struck, and each one was completed by the same command"

# Half of the keys: the other half is there already, and stays.
anew both
k -d $b restore whole/key_[1-9]-* --pin-file pin
rm -rf half && cp -r cards half
took -d $b restore whole/key_1[0-9]-* --pin-file pin
for ((round = 0; round < rounds; round++)); do
	anew half
	strike $round -d $b restore whole/key_1[0-9]-* --pin-file pin
	k --json -d $b objects || loses "round $round: no objects after it"
	over=$(value "len(j)")
	k -d $b restore whole/key_1[0-9]-* --pin-file pin
	code=$?
	# It may have come to its end: then they are there already, which the same command says.
	[ $code = 0 ] || [ $code-$over = 6-19 ] || loses "round $round: it is not taken up again (exit $code, $over keys)"
	k --json -d $b objects
	[ "$(value "len(j) == 19 and len({o['label'] for o in j}) == 19 and all(o['id'] and o['spki_sha256'] for o in j)")" = True ] ||
		loses "round $round: a key"
	k journal verify || loses "round $round: the journal"
done
none_lost "$rounds restores were struck, and each one was completed by the same command"
finish
