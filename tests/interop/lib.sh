# Sourced first by every script here. From then on the script runs in a mount and a network namespace of its own, with
# its own pcscd, which knows one driver, the virtual reader's, and so can see no real device; HOME is a temporary
# folder. Everything started here is ended by its pid, and the namespaces go with the last of it.
#
# shellcheck shell=bash disable=SC2034
# SIM and KEYROOM, the two programs, come from meson; by hand they are those in build/.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
die() { echo "Bail out! $*"; exit 1; }
export PATH=$PATH:/usr/sbin:/sbin
export SIM=${SIM:-$here/../../build/engine/sim/keyroom-sim} KEYROOM=${KEYROOM:-$here/../../build/tui/keyroom}
[ -x "$SIM" ] || die "build the programs first"
for tool in unshare pcscd opensc-tool sc-hsm-tool pkcs11-tool pkcs15-tool openssl ssh-keygen ip; do
	command -v $tool >/dev/null || die "$tool is missing: ./dev deps"
done

. "$here/../namespaces.sh"
inside -mn "$0" "$@" || die "this is no namespace of our own"

work=$(mktemp -d) || die "no temporary folder"
pids=()
finish() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' TERM INT HUP

mkdir -p "$work/home" "$work/conf"
export HOME=$work/home XDG_DATA_HOME=$work/home/data XDG_STATE_HOME=$work/home/state XDG_CONFIG_HOME=$work/home/config \
	XDG_CACHE_HOME=$work/home/cache XDG_RUNTIME_DIR=$work/home TMPDIR=$work LC_ALL=C.UTF-8 OPENSC_CONF=$work/opensc.conf
unset PCSCLITE_CSOCK_NAME OPENSC_DEBUG
cd "$work" || die "no temporary folder"
echo 'app default { }' >"$OPENSC_CONF"

# One line a reader: number, whether a card is in it, name.
readers() { timeout 10 opensc-tool -l 2>/dev/null | awk '$1 ~ /^[0-9]+$/'; }

start_pcscd() {
	local driver i
	driver=$(find /usr/lib/pcsc/drivers -name libifdvpcd.so | head -n 1)
	[ -n "$driver" ] || die "vsmartcard-vpcd is missing: ./dev deps"
	cp "$driver" "$work/libifdvpcd.so"
	ip link set lo up || die "loopback cannot be brought up"
	if [ -d /run/pcscd ]; then
		mount -t tmpfs -o mode=755 none /run/pcscd || die "/run/pcscd cannot be covered"
	else
		mount -t tmpfs -o mode=755 none /run && mkdir /run/pcscd || die "/run cannot be covered"
	fi
	# No other driver, no USB bus: what is plugged into this machine stays unseen.
	mount -t tmpfs none /usr/lib/pcsc/drivers || die "the drivers of real readers cannot be covered"
	[ ! -d /dev/bus/usb ] || mount -t tmpfs none /dev/bus/usb || die "the USB bus cannot be covered"
	cat >"$work/conf/vpcd" <<-TEXT
		FRIENDLYNAME "Virtual PCD"
		DEVICENAME   /dev/null:0x8C7B
		LIBPATH      $work/libifdvpcd.so
		CHANNELID    0x8C7B
	TEXT
	pcscd -f -c "$work/conf" >"$work/pcscd.log" 2>&1 &
	pids+=($!)
	for ((i = 0; i < 100; i++)); do
		[ "$(readers | wc -l)" = 2 ] && break
		kill -0 "${pids[0]}" 2>/dev/null || break
		sleep 0.1
	done
	if [ "$(readers | wc -l)" != 2 ] || readers | grep -qv 'Virtual PCD 00 0[01]'; then
		sed 's/^/# /' "$work/pcscd.log"
		readers | sed 's/^/# /'
		die "not the two virtual readers and nothing else: no test runs here"
	fi
}

wait_for() { # wait_for SLOT Yes|No: the card is there, or gone, as pcscd sees it
	local i
	for ((i = 0; i < 100; i++)); do
		readers | awk -v s="$1" -v w="$2" '$1 == s && $2 == w {found = 1} END {exit !found}' && return
		sleep 0.1
	done
	die "after 10 seconds slot $1 does not say $2"
}

declare -A card_pid
insert() { # insert SLOT NAME [OPTION...]: the card in $work/NAME.card, traced to NAME.trace
	local slot=$1 name=$2
	shift 2
	"$SIM" --port $((35963 + slot)) --trace "$work/$name.trace" "$@" "$work/$name.card" >"$work/$name.log" 2>&1 &
	card_pid[$slot]=$!
	pids+=($!)
	wait_for "$slot" Yes
}

eject() { # eject SLOT
	kill "${card_pid[$1]}"
	wait "${card_pid[$1]}" 2>/dev/null
	wait_for "$1" No
}

apdus() { wc -l <"$work/$1.trace"; } # how many the card NAME has had so far

# --- what the tests are written in

count=0 bad=0
# check SENTENCE COMMAND...: stops at the first failing line of a function; what it said is shown on failure.
check() {
	local sentence=$1 start=$SECONDS
	shift
	count=$((count + 1))
	(set -e; "$@") >"$work/.output" 2>&1 </dev/null &
	if wait $!; then
		echo "ok $count - $sentence"
	else
		bad=$((bad + 1))
		echo "not ok $count - $sentence"
		tail -n 60 "$work/.output" | tr -d '\r' | sed 's/^/# /'
	fi
	[ $((SECONDS - start)) -lt ${SLOW:-20} ] || echo "# this took $((SECONDS - start)) s"
}
end() {
	echo "1..$count"
	[ "$bad" = 0 ]
	exit
}

# Words for the functions given to check. Every one leaves what it did in the output.
say() {
	printf '$ %s\n' "$*" >&2
	timeout 300 "$@"
}
has() { grep -qE -- "$1" "$2" || { echo "\"$1\" is not in $2:"; cat "$2"; return 1; }; }
holds() { grep -qF -- "$1" "$2" || { echo "\"$1\" is not in $2:"; cat "$2"; return 1; }; }
hasnt() { ! grep -qE -- "$1" "$2" || { echo "\"$1\" is in $2:"; cat "$2"; return 1; }; }
same() { [ "$1" = "$2" ] || { printf '%s: "%s" is not "%s"\n' "${3:-different}" "$1" "$2"; return 1; }; }
fails() { if "$@"; then echo "this should have failed: $*"; return 1; fi; }
exits() { # exits CODE COMMAND...: what it says stays in said
	local want=$1 got=0
	shift
	"$@" >said 2>&1 || got=$?
	cat said
	same "$got" "$want" 'exit code'
}

# --- OpenSC's tools on the card in a slot

so=3537363231383830 pin=648219
curves="secp192r1 secp256r1 secp384r1 secp521r1 brainpoolP192r1 brainpoolP224r1 brainpoolP256r1 brainpoolP320r1
	brainpoolP384r1 brainpoolP512r1 secp192k1 secp256k1"
module=$(find /usr/lib -name opensc-pkcs11.so | head -n 1)
schsm() { local slot=$1; shift; say sc-hsm-tool -r "$slot" "$@"; }
p11() { local slot=$1; shift; say pkcs11-tool --module "$module" --slot $((slot * 4)) "$@"; }
p11in() { local slot=$1; shift; p11 "$slot" --login --pin "$pin" "$@"; }
p15() { local slot=$1; shift; say pkcs15-tool -r "$slot" "$@"; }
# pub SLOT ID FILE: the public key, PEM
pub() { p15 "$1" --read-public-key "$2" >"$3.text" && sed -n '/BEGIN/,/END/p' "$3.text" >"$3" && openssl pkey -pubin -in "$3" -noout; }
kcv_of() { awk -F: '/[Cc]heck value/ {gsub(/[^0-9A-Fa-f]/, "", $2); print toupper($2)}' "$1"; }
spki_sha256() { openssl pkey -pubin -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1; }

# signs SLOT ID PUBKEY: the key on the card signs something new, and OpenSSL finds it good under PUBKEY
signs() {
	local slot=$1 id=$2 pub=$3 hash=sha256 bits
	head -c 100 /dev/urandom >message
	if openssl pkey -pubin -in "$pub" -noout -text | grep -q Modulus; then
		p11in "$slot" --sign --id "$id" --mechanism SHA256-RSA-PKCS -i message -o signature
		openssl dgst -sha256 -verify "$pub" -signature signature message
	else
		bits=$(openssl pkey -pubin -in "$pub" -noout -text | sed -nE 's/.*\(([0-9]+) bit.*/\1/p')
		[ "$bits" -ge 256 ] || hash=sha1
		openssl dgst -$hash -binary message >digest
		p11in "$slot" --sign --id "$id" --mechanism ECDSA --signature-format openssl -i digest -o signature
		openssl pkeyutl -verify -pubin -inkey "$pub" -in digest -sigfile signature
	fi
}

# --- Keyroom, with an inventory of this script's own

k() { say "$KEYROOM" --store "$work/inventory" "$@"; }
secret() { (umask 077 && printf '%s\n' "$2" >"$1"); }
# json FILE EXPRESSION: of Python, d is the document
json() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }

start_pcscd
