#!/bin/bash
# Backups and restores that are stopped half way: the same command takes them up, nothing is lost, nothing is left out.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
keys=24
card cards DENK0100031 3.1
card cards DENK0100041 4.1
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
	n=$(find "$2" -name '*.wky' | sed -E 's/(-[0-9]+)?\.wky$//' | sort -u | wc -l)
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
finish
