#!/bin/bash
# Certificates and data objects: what OpenSC writes Keyroom reads and deletes, and the other way round, on one card.
. "$(dirname "$0")/lib.sh"
a=DENK0300001

prepare() {
	secret so.new 0123456789abcdef
	k -d $a init --label 'things' --no-backup --so-pin-file so --new-so-pin-file so.new --new-pin-file pin --confirm $a
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=Things CA' -days 3000
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca2.key -out ca2.pem -subj '/CN=Other CA' -days 3000
	for ca in ca ca2; do openssl x509 -in $ca.pem -outform DER -out $ca.der; done
	head -c 1500 /dev/urandom >big
	printf 'a few bytes' >little
	k -d $a key new --type ec:secp256r1 --id 01 --label ours --pin-file pin
	k -d $a key new --type rsa:2048 --id 02 --label second --pin-file pin
	p11in 0 --keypairgen --key-type EC:secp384r1 --id 03 --label theirs
	for id in 01 02 03; do
		k -d $a key export --id $id >$id.pub
		openssl x509 -new -force_pubkey $id.pub -subj "/CN=Certificate $id" -CA ca.pem -CAkey ca.key -days 2000 -outform DER -out $id.der
	done
	pub 0 01 01.before
}

objects() { k --json -d $a objects >objects.json; }
count() { json objects.json "len([o for o in d if o['type'] == '$1' and o['label'] == '$2'])"; }
cert_read() { p11 0 --read-object --type cert --id "$1" -o read.der; }

ours_to_key() {
	for id in 01 02 03; do
		k -d $a cert import --id $id $id.der --pin-file pin
		cert_read $id
		cmp $id.der read.der
		p15 0 --read-certificate $id >read.pem
		sed -n '/BEGIN/,/END/p' read.pem | openssl x509 -outform DER | cmp - $id.der
		# the public key is still there, from the certificate now, and the key works
		pub 0 $id now
		same "$(spki_sha256 $id.pub)" "$(spki_sha256 now)" 'public keys'
		signs 0 $id $id.pub
	done
	p11 0 --list-objects --type cert >said
	same "$(grep -c 'Certificate Object' said)" 3 certificates
}

ours_deleted() {
	k -d $a cert delete --id 01 --pin-file pin --confirm $a
	fails p11 0 --read-object --type cert --id 01 -o gone.der
	# OpenSC sees the public key again, as before there was a certificate, and uses the key
	pub 0 01 01.after
	same "$(spki_sha256 01.before)" "$(spki_sha256 01.after)" 'public keys'
	signs 0 01 01.pub
}

theirs_to_key() {
	p11in 0 --write-object 01.der --type cert --id 01 --label ours
	k -d $a cert export --id 01 --format der --out theirs.der
	cmp 01.der theirs.der
	k -d $a cert import --id 01 01.der --pin-file pin
	p11in 0 --delete-object --type cert --id 01
	fails k -d $a cert export --id 01
	k -d $a cert import --id 01 01.der --pin-file pin
	cert_read 01
	cmp 01.der read.der
}

ours_alone() {
	k -d $a cert import --stand-alone --new-id 77 --label 'our CA' ca.pem --pin-file pin
	cert_read 77
	cmp ca.der read.der
	p15 0 --list-certificates >said
	holds 'our CA' said
	holds '77' said
	p11in 0 --delete-object --type cert --id 77
	objects
	same "$(count certificate 'our CA')" 0
}

theirs_alone() {
	p11in 0 --write-object ca2.der --type cert --id 78 --label 'their CA'
	k -d $a cert export --id 78 --format der --out 78.der
	cmp ca2.der 78.der
	k -d $a cert import --stand-alone --new-id 79 --label 'beside it' ca.pem --pin-file pin
	k -d $a cert delete --id 78 --pin-file pin --confirm $a
	fails p11 0 --read-object --type cert --id 78 -o gone.der
	cert_read 79
	cmp ca.der read.der
}

ours_data() {
	k -d $a data write little --label 'our notes' --pin-file pin
	k -d $a data write big --label 'our secret' --private --pin-file pin
	p11 0 --read-object --type data --label 'our notes' -o read.data
	cmp little read.data
	p11in 0 --read-object --type data --label 'our secret' -o read.data
	cmp big read.data
	p11 0 --list-objects --type data >said
	holds 'our notes' said
	p15 0 --list-data-objects >said
	holds 'our notes' said
	p11in 0 --delete-object --type data --label 'our secret'
	fails k -d $a data read --label 'our secret' --pin-file pin
	k -d $a data delete --label 'our notes' --pin-file pin --confirm $a
	p15 0 --list-data-objects >said
	hasnt 'our notes' said
}

theirs_data() {
	p11in 0 --write-object big --type data --label 'their notes' --application-label app
	p11in 0 --write-object little --type data --label 'their secret' --private
	k -d $a data read --label 'their notes' --out their.notes
	cmp big their.notes
	fails k -d $a data read --label 'their secret'
	k -d $a data read --label 'their secret' --pin-file pin --out their.secret
	cmp little their.secret
	fails k -d $a data write little --label 'their notes' --pin-file pin
	k -d $a data write little --label third --private --pin-file pin
	k -d $a data delete --label 'their secret' --pin-file pin --confirm $a
	p11in 0 --list-objects --type data >said
	hasnt 'their secret' said
	holds 'third' said
	p11in 0 --read-object --type data --label 'their notes' -o read.data
	cmp big read.data
	p11in 0 --read-object --type data --label third -o read.data
	cmp little read.data
	objects
	same "$(json objects.json "sorted(o['label'] for o in d if o['type'] == 'data')")" "['their notes', 'third']"
}

secret so $so
secret pin $pin
insert 0 a --serial $a --firmware 3.6
check 'a card with keys of both sides' prepare
check 'OpenSC reads the certificates that Keyroom gives to keys, and the keys work' ours_to_key
check 'deleted by Keyroom, a certificate leaves the public key as it was before it' ours_deleted
check "OpenSC's certificate of a key is Keyroom's to read, and what OpenSC deletes is gone" theirs_to_key
check 'a certificate that stands by itself, written by Keyroom, deleted by OpenSC' ours_alone
check '... written by OpenSC, deleted by Keyroom' theirs_alone
check 'data, public and private, written by Keyroom' ours_data
check '... written by OpenSC' theirs_data
check 'the journal is whole' k journal verify
end
