#!/bin/bash
# bench.sh BUILD: Keyroom and OpenSC side by side, on the same simulated card behind the same pcscd. APDUs are counted in
# the card's own trace. A figure over its limit is marked and makes the exit 1. A card that answers at once shows what the
# programs themselves take (the best of three runs, where the run changes nothing on the card); how long a person waits
# shows where the card takes 30 ms for an APDU, as devices do.
if [ -z "${KEYROOM_INSIDE:-}" ]; then
	build=$(readlink -f "${1:?the build folder}") || exit 1
	export SIM=$build/engine/sim/keyroom-sim KEYROOM=$build/tui/keyroom BENCH=$build/tests/bench
	export CONSOLE=$build/tests/console/console_main
fi
. "$(dirname "$0")/../interop/lib.sh"
options=(--serial DENK0300001 --firmware 3.6)
keys=60 over=0

# measure COMMAND...: ms and n, the time and the APDUs to the card in slot 0; the command must succeed
measure() {
	local before after from
	before=$(apdus "$card") from=${EPOCHREALTIME/./}
	(set -e; "$@") >"$work/.output" 2>&1 </dev/null &
	if ! wait $!; then
		cat "$work/.output" >&2
		die "this failed: $*"
	fi
	ms=$(((${EPOCHREALTIME/./} - from) / 1000))
	after=$(apdus "$card")
	n=$((after - before))
}

best() { # best COMMAND...: measure, three times
	local least='' i
	for ((i = 0; i < 3; i++)); do
		measure "$@"
		[ -n "$least" ] && [ "$least" -le "$ms" ] || least=$ms
	done
	ms=$least
}

heading() { printf '\n%-44s %14s %7s   %14s %7s   %7s %7s\n' "$@"; }
# row WHAT OUR_N LIMIT_N OUR_MS THEIR_N THEIR_MS LIMIT_RATIO: an empty limit is none; no THEIR_N is nothing to compare with
row() {
	local ratio='' mark=''
	[ -z "$6" ] || ratio=$(awk -v a="$4" -v b="$6" 'BEGIN {printf "%.2f", a / (b ? b : 1)}')
	[ -n "$3" ] && [ "$2" -gt "$3" ] && mark=' OVER'
	[ -n "$7" ] && awk -v r="$ratio" -v l="$7" 'BEGIN {exit !(r > l)}' && mark=' OVER'
	[ -z "$mark" ] || over=$((over + 1))
	printf '%-44s %5s of <= %4s %6s ms   %14s %6s ms   %7s %7s%s\n' "$1" "$2" "${3:--}" "$4" "${5:--}" "${6:--}" "${ratio:--}" \
		"${7:+<= $7}" "$mark"
}

secret so $so
secret pin $pin
secret password 'one password'
card=a
insert 0 a "${options[@]}"
secret so.new 0123456789abcdef
k share new share.pbe --new-password-file password >said 2>&1 &&
	k -d DENK0300001 init --label bench --shares 1 --share share.pbe --password-file password --so-pin-file so \
		--new-so-pin-file so.new --new-pin-file pin --confirm DENK0300001 >said 2>&1 || die "$(cat said)"
for ((i = 1; i <= keys; i++)); do
	k -d DENK0300001 key new --type ec:secp256r1 --id "$(printf %02x $i)" --label "key $i" --pin-file pin >said 2>&1 || die "$(cat said)"
done
eject 0 && cp a.card full.card && insert 0 a
back() { eject 0 && cp full.card a.card && insert 0 a "$@"; } # the card as it was, with other options

heading 'on one card' 'Keyroom APDUs' time 'OpenSC APDUs' time ratio limit
best k status
our_n=$n our_ms=$ms
best schsm 0
row 'status' $our_n 8 $our_ms $n $ms ''

measure k key new --type ec:secp256r1 --label 'one more' --pin-file pin
our_n=$n our_ms=$ms
back
measure p11in 0 --keypairgen --key-type EC:secp256r1 --id f0 --label theirs
row "a key, with $keys present" $our_n 10 $our_ms $n $ms ''
back
measure k key new --type ec:secp256r1 --id f1 --label 'with an id' --pin-file pin
row "a key with --id, with $keys present" $n $((10 + keys)) $ms '' '' ''

listing() { # listing HOW LIMIT
	best k --json objects
	our_n=$n our_ms=$ms
	same "$(json <(sed -n '/^[[{]/,$p' .output) 'len([o for o in d if o["type"] == "key"])')" $keys 'keys listed' || die 'not all'
	best p15 0 --dump
	row "everything on a card with $keys keys$1" $our_n $((2 * keys + 8)) $our_ms $n $ms "$2"
}
back
# No device answers at once: there it is the start of a process that is compared, an inventory and signatures against none.
# So the limit is for a card that takes as long as devices do.
listing '' ''
back --realistic
listing ', 30 ms each' 0.4
back

saved=0
wrap_ours() {
	k backup --all --out "saved.$saved" --pin-file pin
}
wrap_theirs() {
	local i
	for ((i = 1; i <= keys; i++)); do schsm 0 --wrap-key "wrapped.$i" --key-reference $i --pin $pin; done
}
least=
for saved in 1 2 3; do
	measure wrap_ours
	[ -n "$least" ] && [ "$least" -le "$ms" ] || least=$ms
done
our_n=$n our_ms=$least
same "$(find saved.1 -type f | wc -l)" $keys 'files saved' || die 'not all'
best wrap_theirs
row "backup of all $keys keys" $our_n $((4 * keys + 8)) $our_ms $n $ms 0.25

one=$(find saved.1 -type f | sort | head -n 1)
theirs=wrapped.1
measure k key delete --id 01 --pin-file pin --confirm DENK0300001
measure k restore "$one" --pin-file pin
row "restore of a key, with $((keys - 1)) present" $n $((14 + 2 * (keys - 1))) $ms '' '' ''
eject 0

card=b
insert 0 b "${options[@]}"
schsm 0 --initialize --so-pin $so --pin $pin --dkek-shares 1 --label empty >/dev/null 2>&1
measure schsm 0 --import-dkek-share share.pbe --password 'one password'
import_ms=$ms
eject 0 && cp b.card empty.card && insert 0 b
measure k restore "$one" --pin-file pin
our_n=$n our_ms=$ms
eject 0 && cp empty.card b.card && insert 0 b
measure schsm 0 --unwrap-key "$theirs" --key-reference 1 --pin $pin
row 'restore of a key onto an empty card' $our_n 14 $our_ms $n $ms ''

heading 'without a card' '' time '' time ratio limit
line() { # line WHAT OUR_MS THEIR_MS LIMIT_RATIO
	local mark=''
	ratio=$(awk -v a="$2" -v b="$3" 'BEGIN {printf "%.2f", a / b}')
	awk -v r="$ratio" -v l="$4" 'BEGIN {exit !(r > l)}' && mark=' OVER' && over=$((over + 1))
	printf '%-44s %14s %6s ms   %14s %6s ms   %7s <= %s%s\n' "$1" '' "$2" '' "$3" "$ratio" "$4" "$mark"
}
measure k share check share.pbe --password-file password
one_ms=$ms
line 'opening a DKEK share (import-dkek-share)' $ms $import_ms 0.36
for i in 2 3; do k share new $i.pbe --new-password-file password >said 2>&1 || die "$(cat said)"; done
measure k share check share.pbe 2.pbe 3.pbe --password-file password --password-file password --password-file password
line 'three shares, a thread each (one share)' $ms $one_ms 2

printf '\n1,000 devices, 60,000 keys and 180,000 backups\n'
"$BENCH/make_inventory" "$work/big.db" && "$BENCH/bench_store" "$work/big.db" || over=$((over + 1))
python3 "$here/listed.py" "$KEYROOM" "$work/big.db" || over=$((over + 1))

python3 "$here/console.py" "$KEYROOM" || over=$((over + 1))
python3 "$here/screen.py" "$KEYROOM" "$CONSOLE" "$work/big.db" || over=$((over + 1))
printf '\n%d over their limit\n' $over
[ "$over" = 0 ]
