#!/bin/bash
# Everything a card has, what OpenSC put there too, onto the card in the other reader: OpenSC then finds it all there.
. "$(dirname "$0")/lib.sh"
a=DENK0300001 b=DENK0300002
pin2=907341

p11b() { say pkcs11-tool --module "$module" --slot 4 --login --pin $pin2 "$@"; }

set_up() {
	k share new one.pbe --new-password-file password
	k -d $a init --label one --shares 1 --share one.pbe --password-file password --so-pin-file so --new-so-pin-file newso \
		--new-pin-file pin --confirm $a
	k -d $b init --label two --shares 1 --share one.pbe --password-file password --so-pin-file so --new-so-pin-file newso \
		--new-pin-file pin2 --confirm $b
	k -d $a key new --type ec:brainpoolP256r1 --label 'our key' --id 10 --pin-file pin
	p11in 0 --keypairgen --key-type rsa:2048 --id 11 --label 'their key'
	openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -subj '/CN=Their Partner' -days 30 -outform DER -out partner.der
	p11in 0 --write-object partner.der --type cert --id 12 --label 'Their Partner'
	head -c 700 /dev/urandom >public.bin
	echo 'the words of a wallet' >private.bin
	p11in 0 --write-object public.bin --type data --label public --application-label tests
	p11in 0 --write-object private.bin --type data --label private --application-label tests --private
	pub 0 10 10.pem
	pub 0 11 11.pem
}

cloned() {
	k --json -d $a clone --to two --pin-file pin --to-pin-file pin2 >clone.json
	same "$(json clone.json 'sorted((o["type"], o["label"], o["proof"]) for o in d["objects"])')" \
		"[('certificate', 'Their Partner', None), ('data', 'private', None), ('data', 'public', None), $(:
		)('key', 'our key', 'restored'), ('key', 'their key', 'restored')]"
}

opensc_finds_it() {
	local id
	for id in 10 11; do
		pub 1 $id $id.two.pem
		cmp $id.pem $id.two.pem
	done
	pin=$pin2 signs 1 10 10.pem
	pin=$pin2 signs 1 11 11.pem
	p11b --read-object --type cert --id 12 -o partner.two
	cmp partner.der partner.two
	p11b --read-object --type data --label public --application-label tests -o public.two
	cmp public.bin public.two
	p11b --read-object --type data --label private --application-label tests -o private.two
	cmp private.bin private.two
	# Nobody reads that one without a login.
	p11 1 --list-objects --type data | tee said
	hasnt private said
}

once_more() {
	k --json -d $a clone --to two --pin-file pin --to-pin-file pin2 >clone.json
	same "$(json clone.json 'all(o["was_there"] for o in d["objects"]), len(d["objects"])')" '(True, 5)'
}

more_keys() {
	k -d $a key new --type ec:secp256r1 --label 'one more' --id 20 --pin-file pin
	k -d $a key new --type ec:secp256r1 --label 'and one' --id 21 --pin-file pin
}

pulled_out() {
	local code=0
	k -d $a clone --to $b --pin-file pin --to-pin-file pin2 2>said || code=$?
	same $code 7
	has "The device that was removed is $b." said
}

goes_on() {
	k -d $a clone --to $b --pin-file pin --to-pin-file pin2
	k --json -d $b objects >objects.json
	same "$(json objects.json 'sorted((o["label"], o["id"], o["proof"]) for o in d if o["type"] == "key")')" \
		"[('and one', '21', 'restored'), ('one more', '20', 'restored'), ('our key', '10', 'restored'), $(:
		)('their key', '11', 'restored')]"
}

secret so $so
secret newso 2f8c41d07be95a36
secret pin $pin
secret pin2 $pin2
secret password 'the first sentence'
insert 0 a --serial $a --firmware 3.6
insert 1 b --serial $b --firmware 3.6
check 'two cards under one DKEK, one of them used by OpenSC too' set_up
check 'one is cloned onto the other' cloned
check 'OpenSC finds everything there' opensc_finds_it
check 'once more nothing has to be done' once_more
check 'two more keys' more_keys
eject 1
insert 1 b --fault 'drop@60'
check 'the other card is pulled out half way' pulled_out
eject 1
insert 1 b
check '... and put in again, the same command goes on' goes_on
end
