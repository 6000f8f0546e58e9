#!/bin/bash
# bench.sh BUILD [--realistic]: Keyroom and OpenSC side by side, on the same simulated card behind the same pcscd. APDUs
# are counted in the card's own trace. A figure over its limit is marked and makes the exit 1. With --realistic the card
# takes 30 ms for an APDU, as devices do; without, what is timed is the programs themselves.
if [ -z "${KEYROOM_INSIDE:-}" ]; then
	build=$(readlink -f "${1:?the build folder}") || exit 1
	export SIM=$build/engine/sim/keyroom-sim KEYROOM=$build/tui/keyroom BENCH_SHARE=$build/tests/bench/bench_share BENCH=$build/tests/bench
fi
. "$(dirname "$0")/../interop/lib.sh"
options=(--serial DENK0300001 --firmware 3.6)
[ "${2:-}" != --realistic ] || options+=(--realistic)
keys=60 over=0

# measure COMMAND...: ms and n, the time and the APDUs to the card in slot 0; the command must succeed
measure() {
	local before after from
	before=$(apdus "$card") from=$(date +%s%N)
	(set -e; "$@") >"$work/said" 2>&1 </dev/null &
	if ! wait $!; then
		cat "$work/said" >&2
		die "this failed: $*"
	fi
	ms=$((($(date +%s%N) - from) / 1000000))
	after=$(apdus "$card")
	n=$((after - before))
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
schsm 0 --create-dkek-share share.pbe --password 'one password' >/dev/null 2>&1 || die 'no share'
k -d DENK0300001 init --label bench --shares 1 --share share.pbe --password-file password --so-pin-file so --new-so-pin-file so \
	--new-pin-file pin --confirm DENK0300001 >said 2>&1
schsm 0 >said 2>&1
[ -n "$(kcv_of said)" ] || schsm 0 --initialize --so-pin $so --pin $pin --dkek-shares 1 --label bench >said 2>&1
[ -n "$(kcv_of said)" ] || schsm 0 --import-dkek-share share.pbe --password 'one password' >said 2>&1 || die "$(cat said)"
for ((i = 1; i < keys; i++)); do
	k -d DENK0300001 key new --type ec:secp256r1 --id "$(printf %02x $i)" --label "key $i" --pin-file pin >said 2>&1 || die "$(cat said)"
done

heading 'on one card' 'Keyroom APDUs' time 'OpenSC APDUs' time ratio limit
measure k status
our_n=$n our_ms=$ms
measure schsm 0
row 'status' $our_n 8 $our_ms $n $ms ''

measure k key new --type ec:secp256r1 --label 'the last key' --pin-file pin
our_n=$n our_ms=$ms
eject 0 && cp a.card before.card && insert 0 a
measure p11in 0 --keypairgen --key-type EC:secp256r1 --id f0 --label theirs
row "a key, with $keys present" $our_n 10 $our_ms $n $ms ''
eject 0 && cp before.card a.card && insert 0 a
measure p11in 0 --delete-object --type privkey --id "$(printf %02x 1)"
measure k key new --type ec:secp256r1 --id f1 --label 'with an id' --pin-file pin
row "a key with --id, with $((keys - 1)) present" $n $((10 + keys - 1)) $ms '' '' ''
eject 0 && cp before.card a.card && insert 0 a

measure k --json objects
our_n=$n our_ms=$ms
same "$(json <(sed -n '/^[[{]/,$p' said) 'len([o for o in d if o["type"] == "key"])')" $keys 'keys listed'
measure p15 0 --dump
row "everything on a card with $keys keys" $our_n $((2 * keys + 8)) $our_ms $n $ms 0.4

measure k backup --all --out saved --pin-file pin
our_n=$n our_ms=$ms
same "$(find saved -type f | wc -l)" $keys 'files saved'
wrap_all() {
	local i
	for ((i = 1; i <= keys; i++)); do schsm 0 --wrap-key wrapped.$i --key-reference $i --pin $pin; done
}
measure wrap_all
row "backup of all $keys keys" $our_n $((4 * keys + 8)) $our_ms $n $ms 0.25

one=$(find saved -type f | sort | head -n 1)
theirs=$(find wrapped.1)
measure k key delete --id "$(printf %02x 1)" --pin-file pin --confirm DENK0300001
measure k restore "$one" --pin-file pin
row "restore of a key, with $((keys - 1)) present" $n $((14 + 2 * (keys - 1))) $ms '' '' ''
eject 0

card=b
insert 0 b "${options[@]}"
schsm 0 --initialize --so-pin $so --pin $pin --dkek-shares 1 --label empty >/dev/null 2>&1
from=$(date +%s%N)
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

python3 "$here/console.py" "$KEYROOM" || over=$((over + 1))
printf '\n%d over their limit\n' $over
[ "$over" = 0 ]
