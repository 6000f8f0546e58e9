# Sourced first by every script here: the command line on simulated cards, as a script would use it. No terminal, no pcscd.
#
# shellcheck shell=bash disable=SC2034
# From meson: KEYROOM and SIM, the two programs; KEYROOM opens shares with few rounds (quick.c), REAL with all of them.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
[ -x "${KEYROOM:?the path of keyroom}" ] || { echo "Bail out! build the program first"; exit 1; }
[ -x "${SIM:?the path of keyroom-sim}" ] || { echo "Bail out! build the program first"; exit 1; }
work=$(mktemp -d) || { echo "Bail out! no temporary folder"; exit 1; }
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
export HOME=$work/home XDG_DATA_HOME=$work/home/data XDG_STATE_HOME=$work/home/state LC_ALL=C.UTF-8
cd "$work" || exit 1
umask 077
tests=0 failed=0

verdict() { # verdict FINE SENTENCE
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
		return
	fi
	failed=1
	echo "not ok $tests - $2"
	sed 's/^/# /' out err 2>/dev/null | head -n 30
}

k() { timeout 120 "$KEYROOM" --rehearse=cards "$@" >out 2>err </dev/null; }

# expect CODE SENTENCE ARGUMENT...: the exit code; on failure a message, and nothing on stdout with --json
expect() {
	local code=$1 sentence=$2 got
	shift 2
	k "$@"
	got=$?
	[ "$got" = "$code" ] || { verdict 1 "$sentence (exit $got, not $code)"; return; }
	if [ "$code" != 0 ]; then
		[ -s err ] || { verdict 1 "$sentence (nothing was said)"; return; }
		[[ " $* " != *" --json "* ]] || [ ! -s out ] || { verdict 1 "$sentence (stdout is not empty)"; return; }
	fi
	verdict 0 "$sentence"
}

# holds SENTENCE EXPRESSION: of Python, about the last command's JSON document j
holds() {
	python3 -c 'import json, sys; j = json.load(open("out")); sys.exit(0 if eval(sys.argv[1]) else 1)' "$2" 2>>err
	verdict $? "$1"
}
value() { python3 -c 'import json, sys; j = json.load(open("out")); print(eval(sys.argv[1]))' "$1"; }
says() { grep -qE "$2" err; verdict $? "$1"; }

# card DIR SERIAL FIRMWARE [OPTION...]: a factory-fresh card for a rehearsal in DIR. keyroom-sim makes it, and finds no vpcd.
card() {
	local file=$1/$2.card pid
	mkdir -p "$1"
	"$SIM" --no-sync --port 1 --serial "$2" --firmware "$3" "${@:4}" "$file" >/dev/null 2>&1 &
	pid=$!
	for _ in {1..100}; do
		[ -s "$file" ] && break
		sleep 0.05
	done
	kill $pid
	wait $pid 2>/dev/null
}

secret() { printf '%s\n' "$2" >"$1"; }
finish() { echo "1..$tests"; exit $failed; }

secret so 3537363231383830
secret newso 2f8c41d07be95a36
secret wrongso 0000000000000000
secret shortso 35373632
secret pin 407193
secret wrongpin 999999
secret wronglong 99999999
secret shortpin 12345
secret newpin 52817364
secret password 'the first sentence'
secret wrongpassword 'another sentence'
