#!/bin/bash
# sc-hsm-tool on two simulated cards: status, initialising, shares, wrapped keys.
. "$(dirname "$0")/lib.sh"
# The shares made here come into no other program's hands: see quick_kdf.c.
quick=${QUICK_KDF:-$here/../../build/tests/interop/libquick_kdf.so}
[ -f "$quick" ] || die "build it first"
schsm() { local slot=$1; shift; say env LD_PRELOAD="$quick" sc-hsm-tool -r "$slot" "$@"; }

status_of_a_new_card() {
	schsm 0 | tee said
	has 'Version +: 3\.6' said
	has 'SmartCard-HSM has never been initialized' said
	opensc-tool -r 0 --name | tee said
	has 'SmartCard-HSM' said
	opensc-tool -r 0 --serial
	p15 0 --list-info >said || true
}

initialised_without_shares() {
	schsm 0 --initialize --so-pin $so --pin $pin --label 'plain card'
	schsm 0 | tee said
	has 'SO-PIN tries left +: 15' said
	has 'User PIN tries left +: 3' said
	hasnt 'DKEK' said
	p15 0 --dump | tee said
	has 'plain card' said
}

wrong_pins_are_counted() {
	fails p11 0 --login --pin 111111 --list-objects
	schsm 0 | tee said
	has 'User PIN tries left +: 2' said
	p11 0 --login --pin $pin --list-objects
	schsm 0 | tee said
	has 'User PIN tries left +: 3' said
	# A refused initialisation exits with 0 there; the card says what happened.
	schsm 0 --initialize --so-pin 0000000000000000 --pin $pin || true
	schsm 0 | tee said
	has 'SO-PIN tries left +: 14' said
	schsm 0 --initialize --so-pin $so --pin $pin
	schsm 0 | tee said
	has 'SO-PIN tries left +: 15' said
}

shares_are_made() {
	local i pids=()
	for i in 1 2; do
		schsm $((i - 1)) --create-dkek-share "$i.pbe" --password "password $i" &
		pids+=($!)
	done
	wait "${pids[0]}"
	wait "${pids[1]}"
	schsm 0 --create-dkek-share 3.pbe --password 'password 3'
	for i in 1 2 3; do same "$(wc -c <$i.pbe)" 64; done
	for i in 1 2 3; do same "$(head -c 8 $i.pbe)" Salted__; done
}

# on both cards at the same time
on_both() {
	local slot pids=()
	for slot in 0 1; do
		"$@" $slot >both.$slot 2>&1 &
		pids+=($!)
	done
	wait "${pids[0]}" || { cat both.0; return 1; }
	wait "${pids[1]}" || { cat both.1; return 1; }
	cat both.0 both.1
}

one_share() {
	init_one() {
		schsm "$1" --initialize --so-pin $so --pin $pin --dkek-shares 1 --label "card $1"
		schsm "$1" >before.$1
		schsm "$1" --import-dkek-share 1.pbe --password 'password 1'
		schsm "$1" >after.$1
	}
	on_both init_one
	has 'DKEK import pending, 1 share' before.0
	has 'DKEK shares +: 1' after.0
	hasnt 'pending' after.0
	same "$(kcv_of after.0 | wc -c)" 17 'length of the check value'
	same "$(kcv_of after.0)" "$(kcv_of after.1)" 'check values'
}

three_shares() {
	init_three() {
		schsm "$1" --initialize --so-pin $so --pin $pin --dkek-shares 3 --label "card $1"
		for i in 1 2 3; do
			schsm "$1" --import-dkek-share $i.pbe --password "password $i"
			schsm "$1" >after.$1.$i
		done
	}
	on_both init_three
	has 'DKEK import pending, 2 share' after.0.1
	has 'DKEK import pending, 1 share' after.1.2
	hasnt 'pending' after.0.3
	same "$(kcv_of after.0.3)" "$(kcv_of after.1.3)" 'check values'
	same "$(kcv_of after.0.3 | wc -c)" 17 'length of the check value'
	fails same "$(kcv_of after.0.3)" "$(kcv_of after.0)" 'another DKEK has another check value; now'
}

a_fourth_share_is_refused() {
	schsm 0 --import-dkek-share 1.pbe --password 'password 1' | tee said || true
	schsm 0 | tee said
	same "$(kcv_of said)" "$(kcv_of after.0.3)" 'check value'
}

# moved TYPE ID: made on the first card, wrapped, unwrapped on the second, and it signs there
moved() {
	local type=$1 id=$2 ref=$3
	p11in 0 --keypairgen --key-type "$type" --id "$id" --label "key $id"
	pub 0 "$id" "$id.a"
	schsm 0 --wrap-key "$id.wky" --key-reference "$ref" --pin $pin
	schsm 1 --unwrap-key "$id.wky" --key-reference "$ref" --pin $pin
	pub 1 "$id" "$id.b"
	same "$(spki_sha256 "$id.a")" "$(spki_sha256 "$id.b")" 'public keys'
	signs 1 "$id" "$id.a"
	p15 1 --list-keys | tee said
	has "key $id" said
}

another_dkek_is_refused() {
	schsm 1 --initialize --so-pin $so --pin $pin --dkek-shares 1
	fails schsm 1 --unwrap-key 10.wky --key-reference 1 --pin $pin
	schsm 1 --import-dkek-share 2.pbe --password 'password 2'
	fails schsm 1 --unwrap-key 10.wky --key-reference 1 --pin $pin
	p15 1 --list-keys | tee said
	hasnt 'key 10' said
}

insert 0 a --serial DENK0300001 --firmware 3.6
insert 1 b --serial DENK0300002 --firmware 3.6
check 'sc-hsm-tool shows the status of a card that was never initialised' status_of_a_new_card
check 'sc-hsm-tool initialises a card without DKEK shares' initialised_without_shares
check 'wrong PINs and SO-PINs are counted, right ones reset the count' wrong_pins_are_counted
check 'sc-hsm-tool makes DKEK shares' shares_are_made
check 'one share, imported on two cards, gives both the same check value' one_share
check 'three shares, imported on two cards, give both the same check value' three_shares
check 'a share too many changes nothing' a_fourth_share_is_refused
check 'an RSA 2048 key is wrapped, unwrapped on the second card, and signs there' moved rsa:2048 10 1
check 'a P-256 key is wrapped, unwrapped on the second card, and signs there' moved EC:secp256r1 11 2
check 'a key under another DKEK is refused' another_dkek_is_refused
end
