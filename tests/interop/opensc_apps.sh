#!/bin/bash
# What people use the cards for: pkcs15-tool, OpenSSH and OpenSSL on a simulated card.
. "$(dirname "$0")/lib.sh"

prepared() {
	schsm 0 --initialize --so-pin $so --pin $pin --label apps
	p11in 0 --keypairgen --key-type rsa:2048 --id 10 --label 'rsa key'
	p11in 0 --keypairgen --key-type EC:secp256r1 --id 11 --label 'ec key'
	p11in 0 --keypairgen --key-type EC:secp384r1 --id 12 --label 'ec key 384'
}

dump() {
	p15 0 --dump | tee said
	has 'Private RSA Key \[rsa key\]' said
	has 'Private EC Key \[ec key\]' said
	has 'ID +: 12' said
	has 'DENK0300001' said
	p15 0 --list-pins | tee said
	has 'UserPIN' said
	has 'SOPIN' said
}

public_keys() {
	pub 0 12 12.pem
	# pkcs11-tool 0.23 cannot write a P-384 key: "cannot create EVP_PKEY".
	for id in 10 11; do
		pub 0 $id $id.pem
		p11 0 --read-object --type pubkey --id $id -o $id.der
		cmp <(openssl pkey -pubin -in $id.pem -outform DER) $id.der
	done
}

ssh_keys() {
	for id in 10 11 12; do
		p15 0 --read-ssh-key $id >said
		grep -E '^(ssh-rsa|ecdsa-sha2)' said >$id.ssh
		ssh-keygen -l -f $id.ssh
	done
	# The other way: from the public key that OpenSSL read.
	ssh-keygen -i -m PKCS8 -f 10.pem | awk '{print $2}' >10.other
	same "$(awk '{print $2}' 10.ssh)" "$(cat 10.other)" 'RSA keys'
}

ssh_lists() {
	say ssh-keygen -D "$module" | tee said
	for id in 10 11 12; do holds "$(awk '{print $2}' $id.ssh)" said; done
}

csr() { # csr ID
	export PKCS11_MODULE_PATH=$module
	say openssl req -new -engine pkcs11 -keyform engine -key "pkcs11:id=%$1;type=private;pin-value=$pin" -subj "/CN=csr $1" \
		-sha256 -out "$1.csr"
	openssl req -in "$1.csr" -verify -noout
	cmp <(openssl req -in "$1.csr" -pubkey -noout) "$1.pem"
}

insert 0 a --serial DENK0300001 --firmware 3.6
check 'keys are made' prepared
check 'pkcs15-tool dumps the card' dump
check 'public keys are exported, the same by both tools' public_keys
check 'SSH keys are exported' ssh_keys
check 'ssh-keygen lists the keys' ssh_lists
check 'OpenSSL signs a request with the RSA key' csr 10
check 'OpenSSL signs a request with the P-256 key' csr 11
check 'OpenSSL signs a request with the P-384 key' csr 12
end
