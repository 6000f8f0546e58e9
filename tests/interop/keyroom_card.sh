#!/bin/bash
# A card that Keyroom alone set up works with OpenSC, and one that OpenSC set up works with Keyroom.
. "$(dirname "$0")/lib.sh"
a=DENK0300001 b=DENK0300002

set_up_by_keyroom() {
	k -d $a init --label 'of keyroom' --no-backup --so-pin-file so --new-so-pin-file so.new --new-pin-file pin --confirm $a
	k -d $a key new --type rsa:2048 --id 10 --label 'rsa key' --pin-file pin
	k -d $a key new --type ec:secp256r1 --id 11 --label 'ec key' --pin-file pin
	k -d $a key export --id 10 >10.pem
	k -d $a key export --id 11 >11.pem
}

opensc_uses_it() {
	p11 0 --list-token-slots | tee said
	has 'of keyroom' said
	p15 0 --dump | tee said
	has 'rsa key' said
	has 'ec key' said
	signs 0 10 10.pem
	signs 0 11 11.pem
	p11in 0 --keypairgen --key-type EC:secp384r1 --id 12 --label 'made by opensc'
	pub 0 12 12.pem
	signs 0 12 12.pem
	p11in 0 --test | tee said
	has 'No errors' said
	say ssh-keygen -D "$module" | tee said
	k -d $a key export --id 10 --format ssh >10.ssh
	k -d $a key export --id 11 --format ssh >11.ssh
	holds "$(awk '{print $2}' 10.ssh)" said
	holds "$(awk '{print $2}' 11.ssh)" said
	export PKCS11_MODULE_PATH=$module
	say openssl req -new -engine pkcs11 -keyform engine -key "pkcs11:serial=$a;id=%11;type=private;pin-value=$pin" -subj /CN=csr -out csr
	openssl req -in csr -verify -noout
	k --json -d $a objects >objects.json
	same "$(json objects.json "sorted(o['id'] for o in d if o['type'] == 'key')")" "['10', '11', '12']"
	same "$(json objects.json "[o['spki_sha256'] for o in d if o['id'] == '12'][0]")" "$(spki_sha256 12.pem)"
}

set_up_by_opensc() {
	schsm 1 --initialize --so-pin $so --pin $pin --label 'of opensc'
	p11in 1 --keypairgen --key-type rsa:2048 --id 20 --label 'their rsa key'
	p11in 1 --keypairgen --key-type EC:secp256r1 --id 21 --label 'their ec key'
	head -c 300 /dev/urandom >data
	p11in 1 --write-object data --type data --label 'their data'
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=A CA' -days 30
	pub 1 21 21.pem
	openssl x509 -new -force_pubkey 21.pem -subj '/CN=Their Certificate' -CA ca.pem -CAkey ca.key -days 20 -outform DER -out 21.der
	# The certificate's label becomes the key's too.
	p11in 1 --write-object 21.der --type cert --id 21 --label 'their ec key'
}

keyroom_uses_it() {
	k --json -d $b status >status.json
	same "$(json status.json 'd["serial"], d["label"], d["pin_tries"], d["so_pin_tries"]')" "('$b', 'of opensc', 3, 15)"
	k --json -d $b objects >objects.json
	same "$(json objects.json "sorted((o['type'], o['label']) for o in d if o['type'] != 'certificate')")" \
		"[('data', 'their data'), ('key', 'their ec key'), ('key', 'their rsa key')]"
	same "$(json objects.json "[o['id'] for o in d if o['type'] == 'certificate']")" "['21']"
	k -d $b objects | tee said
	has 'Their Certificate' said
	k -d $b key new --type ec:brainpoolP256r1 --id 22 --label 'our key' --pin-file pin
	k -d $b key export --id 22 >22.pem
	signs 1 22 22.pem
	k -d $b key delete --id 20 --pin-file pin --confirm $b
	p15 1 --list-keys | tee said
	hasnt 'their rsa key' said
	has 'their ec key' said
	pub 1 21 again.pem
	cmp 21.pem again.pem
}

pins_agree() {
	secret pin.2 87654321
	k -d $b pin change --pin-file pin --new-pin-file pin.2
	p11 1 --login --pin 87654321 --list-objects
	for _ in 1 2 3; do p11 1 --login --pin 99999999 --list-objects && return 1; done
	k --json -d $b status >status.json
	same "$(json status.json 'd["pin_tries"]')" 0
	k -d $b so-pin change --so-pin-file so --new-so-pin-file so.new
	k -d $b pin unblock --so-pin-file so.new --new-pin-file pin
	p11in 1 --list-objects
	p11 1 --login --login-type so --so-pin "$(cat so.new)" --change-pin --new-pin $so
	k --json -d $b status >status.json
	same "$(json status.json 'd["pin_tries"], d["so_pin_tries"]')" '(3, 15)'
}

# What Keyroom leaves behind is a card that nobody is logged in to.
logged_out() {
	k -d $b key new --type ec:secp256r1 --id 23 --label 'last' --pin-file pin
	opensc-tool -r 1 --send-apdu 00:20:00:81 | tee said
	has 'SW1=0x63, SW2=0xC3' said
}

# A device with an SO-PIN and no user PIN, set up for public key authentication alone: the factory's is not tried unasked.
without_user_pin() {
	local hex
	hex=$(sed 's/../:&/g' <<<$so)
	opensc-tool -r 1 -s 00:A4:04:00:0B:E8:2B:06:01:04:01:81:C3:1F:02:01:00 \
		-s "80:50:00:00:12:80:02:00:01:82:08$hex:93:02:03:02" | tee said
	k --json -d $b status >status.json
	same "$(json status.json 'd["pin_tries"], d["so_pin_tries"]')" '(None, 15)'
	k -d $b init --label x --no-backup --new-so-pin-file so.new --new-pin-file pin --confirm $b 2>said && return 1
	has 'no --so-pin-file' said
	k --json -d $b status >status.json
	same "$(json status.json 'd["so_pin_tries"]')" 15
	k -d $b init --label x --no-backup --so-pin-file so --new-so-pin-file so.new --new-pin-file pin --confirm $b
}

secret so $so
secret so.new 0123456789abcdef
secret pin $pin
insert 0 a --serial $a --firmware 3.6
insert 1 b --serial $b --firmware 3.6
check 'Keyroom sets up a card' set_up_by_keyroom
check 'OpenSC, OpenSSH and OpenSSL use it' opensc_uses_it
check 'OpenSC sets up a card' set_up_by_opensc
check 'Keyroom uses it' keyroom_uses_it
check 'PINs changed by one side are those of the other' pins_agree
check 'nobody stays logged in' logged_out
check 'no try of an SO-PIN is spent that nobody named' without_user_pin
end
