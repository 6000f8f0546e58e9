#!/bin/bash
# pkcs11-tool on a simulated card: everything that an application does with one.
. "$(dirname "$0")/lib.sh"
prepared() {
	schsm 0 --initialize --so-pin $so --pin $pin --label interop
	p11 0 --list-token-slots | tee said
	has 'interop' said
	has 'DENK0300001' said
}

generated() { # generated TYPE ID LABEL
	p11in 0 --keypairgen --key-type "$1" --id "$2" --label "$3"
	p11in 0 --list-objects | tee said
	has "label: +$3" said
	pub 0 "$2" "$2.pem"
	signs 0 "$2" "$2.pem"
}

other_mechanisms() {
	local m
	head -c 100 /dev/urandom >message
	for m in SHA1 SHA384 SHA512; do
		p11in 0 --sign --id 10 --mechanism $m-RSA-PKCS -i message -o signature
		openssl dgst -"$m" -verify 10.pem -signature signature message
	done
	p11in 0 --sign --id 10 --mechanism SHA256-RSA-PKCS-PSS -i message -o signature
	openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -verify 10.pem -signature signature message
	openssl pkeyutl -encrypt -pubin -inkey 10.pem -in message -out cipher
	p11in 0 --decrypt --id 10 --mechanism RSA-PKCS -i cipher -o plain
	cmp message plain
}

key_agreement() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key
	openssl pkey -in peer.key -pubout -outform DER -out peer.der
	p11in 0 --derive --mechanism ECDH1-DERIVE --id 20 -i peer.der -o secret.card
	openssl pkeyutl -derive -inkey peer.key -peerkey 20.pem -out secret.host
	cmp secret.card secret.host
}

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=Interop CA' -days 30
	openssl x509 -new -force_pubkey 10.pem -subj '/CN=Interop 10' -CA ca.pem -CAkey ca.key -days 20 -outform DER -out cert.der
	p11in 0 --write-object cert.der --type cert --id 10 --label 'cert 10'
	p11 0 --read-object --type cert --id 10 -o read.der
	cmp cert.der read.der
	p15 0 --read-certificate 10 | sed -n '/BEGIN/,/END/p' | openssl x509 -outform DER -out read.der
	cmp cert.der read.der
	p11 0 --list-objects --type cert | tee said
	has 'Interop 10' said
	p11in 0 --delete-object --type cert --id 10
	p11 0 --list-objects --type cert | tee said
	hasnt 'Interop 10' said
	# and once more, to stay
	p11in 0 --write-object cert.der --type cert --id 10 --label 'cert 10'
	signs 0 10 10.pem
}

data_objects() {
	head -c 900 /dev/urandom >data.bin
	p11in 0 --write-object data.bin --type data --label 'public data' --application-label interop
	p11 0 --read-object --type data --label 'public data' -o read.bin
	cmp data.bin read.bin
	p11in 0 --write-object data.bin --type data --label 'private data' --application-label interop --private
	p11 0 --list-objects --type data | tee said
	hasnt 'private data' said
	p11in 0 --list-objects --type data | tee said
	has 'private data' said
	p11in 0 --read-object --type data --label 'private data' -o read.bin
	cmp data.bin read.bin
	p11in 0 --delete-object --type data --label 'public data'
	p11 0 --list-objects --type data | tee said
	hasnt 'public data' said
}

pins() {
	p11 0 --login --pin $pin --change-pin --new-pin 12345678
	# A PIN of another length is refused by the card, and costs no try.
	fails p11 0 --login --pin $pin --list-objects
	p11 0 --login --pin 12345678 --list-objects
	for _ in 1 2 3; do p11 0 --login --pin 99999999 --list-objects && return 1; done
	schsm 0 | tee said
	has 'User PIN locked' said
	fails p11 0 --login --pin 12345678 --list-objects
	p11 0 --login --login-type so --so-pin $so --init-pin --new-pin $pin
	p11in 0 --list-objects
	p11 0 --login --login-type so --so-pin $so --change-pin --new-pin 0123456789abcdef
	fails p11 0 --login --login-type so --so-pin $so --change-pin --new-pin 3537363231383830
	p11 0 --login --login-type so --so-pin 0123456789abcdef --change-pin --new-pin $so
	schsm 0 | tee said
	has 'SO-PIN tries left +: 15' said
}

own_test() {
	p11in 0 --test | tee said
	has 'No errors' said
}

deleted() {
	p11in 0 --delete-object --type privkey --id 20
	p11in 0 --list-objects | tee said
	hasnt 'ID: +20$' said
	p11in 0 --keypairgen --key-type EC:secp256r1 --id 20 --label 'second life'
	pub 0 20 20.new
	signs 0 20 20.new
	fails same "$(spki_sha256 20.pem)" "$(spki_sha256 20.new)" 'a new key is another key; now'
}

insert 0 a --serial DENK0300001 --firmware 3.6
check 'the token is there, with its label and serial number' prepared
check 'an RSA 2048 key is made and signs' generated rsa:2048 10 'rsa key'
id=20
for curve in secp256r1 $(echo $curves | sed 's/secp256r1//'); do
	check "a key on $curve is made and signs" generated "EC:$curve" $id "$curve key"
	id=$((id + 1))
done
check 'an RSA 4096 key is made and signs' generated rsa:4096 11 'big rsa key'
check 'other hashes, PSS and decryption work' other_mechanisms
check 'ECDH gives what OpenSSL gives' key_agreement
check 'certificates are written, read and deleted' certificate
check 'public and private data is written, read and deleted' data_objects
check 'PINs are changed, blocked and unblocked' pins
check "pkcs11-tool's own test finds no error" own_test
check 'a key is deleted, and its place used again' deleted
eject 0
insert 0 a
check 'a key still signs after the card was out' signs 0 10 10.pem
end
