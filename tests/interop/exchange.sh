#!/bin/bash
# What one side makes, the other takes: DKEK shares, wrapped keys, public keys and certificates, in both directions.
# Card A (slot 0) is OpenSC's, card B (slot 1) is Keyroom's.
. "$(dirname "$0")/lib.sh"
a=DENK0300001 b=DENK0300002

shares_made() {
	schsm 0 --create-dkek-share theirs.pbe --password 'their password'
	secret p.theirs 'their password'
	secret p.ours 'our password'
	k share new ours.pbe --new-password-file p.ours
	same "$(wc -c <ours.pbe)" 64
	k --json share check theirs.pbe ours.pbe --password-file p.theirs --password-file p.ours >check.json
	same "$(json check.json 'len(d["shares"])')" 2
}

card_a() {
	schsm 0 --initialize --so-pin $so --pin $pin --dkek-shares 2 --label 'card a'
	k -d $a share import theirs.pbe --password-file p.theirs
	k --json -d $a status >status.json
	same "$(json status.json 'd["dkek_shares"], d["dkek_missing"]')" '(2, 1)'
	schsm 0 --import-dkek-share ours.pbe --password 'our password'
	same_check_values 0 $a
}

card_b() {
	secret so.new 0123456789abcdef
	k -d $b init --label 'card b' --shares 2 --share theirs.pbe --share ours.pbe --password-file p.theirs --password-file p.ours \
		--so-pin-file so --new-so-pin-file so.new --new-pin-file pin --confirm $b
	same_check_values 1 $b
}

same_check_values() { # of a card as both sides print it, and of the shares
	schsm "$1" >status.text
	k --json -d "$2" status >status.json
	same "$(kcv_of status.text)" "$(json check.json 'd["dkek_kcv"]')" 'sc-hsm-tool and the shares'
	same "$(json status.json 'd["dkek_kcv"]')" "$(json check.json 'd["dkek_kcv"]')" 'keyroom and the shares'
}

ref_of() { # ref_of SLOT ID
	p15 "$1" --list-keys >keys.text
	awk -F: -v id="$2" '/Key ref/ {ref = $2} /^\tID/ {gsub(/ /, "", $2); if ($2 == id) print ref + 0}' keys.text
}

# theirs TYPE ID: made by pkcs11-tool on A, wrapped by sc-hsm-tool, restored by Keyroom on B
theirs() {
	p11in 0 --keypairgen --key-type "$1" --id "$2" --label "theirs $1"
	pub 0 "$2" "$2.a"
	schsm 0 --wrap-key "$2.wky" --key-reference "$(ref_of 0 "$2")" --pin $pin
	k -d $b restore "$2.wky" --pin-file pin
	pub 1 "$2" "$2.b"
	same "$(spki_sha256 "$2.a")" "$(spki_sha256 "$2.b")" 'public keys'
	k --json -d $b objects >objects.json
	same "$(json objects.json "[o['spki_sha256'] for o in d if o['type'] == 'key' and o['id'] == '$2']")" "['$(spki_sha256 "$2.a")']"
	same "$(json objects.json "[o['label'] for o in d if o['type'] == 'key' and o['id'] == '$2']")" "['theirs $1']"
	signs 1 "$2" "$2.a"
}

# ours TYPE ID: made by Keyroom on B, backed up by Keyroom, unwrapped by sc-hsm-tool on A
ours() {
	local ref
	k -d $b key new --type "$1" --id "$2" --label "ours $1" --pin-file pin
	k -d $b key export --id "$2" --format pem >"$2.k"
	pub 1 "$2" "$2.b"
	same "$(spki_sha256 "$2.k")" "$(spki_sha256 "$2.b")" 'exported public keys'
	k -d $b backup --id "$2" --out "backup.$2" --pin-file pin
	same "$(find "backup.$2" -type f | wc -l)" 1 'files of one backup'
	ref=$((16#$2 + 100))
	schsm 0 --unwrap-key "$(find "backup.$2" -type f)" --key-reference $ref --pin $pin
	pub 0 "$2" "$2.a"
	same "$(spki_sha256 "$2.a")" "$(spki_sha256 "$2.b")" 'public keys'
	same "$(ref_of 0 "$2")" $ref
	p15 0 --list-keys | tee said
	has "ours $1" said
	signs 0 "$2" "$2.k"
	k -d $b key export --id "$2" --format ssh >"$2.ssh" || return 0
	p15 0 --read-ssh-key "$2" >said
	same "$(awk '{print $2}' "$2.ssh")" "$(awk '/^(ssh|ecdsa)-/ {print $2}' said)" 'SSH keys'
}

# A wrapped key brings its certificate along, both ways.
certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=Exchange CA' -days 30
	for id in 10 40; do
		openssl x509 -new -force_pubkey $id.a -subj "/CN=Certificate $id" -CA ca.pem -CAkey ca.key -days 20 -outform DER -out $id.der
	done
	# theirs: key 10 with a certificate, deleted on B, comes back with it
	p11in 0 --write-object 10.der --type cert --id 10 --label 'theirs rsa:2048'
	schsm 0 --wrap-key 10.cert.wky --key-reference "$(ref_of 0 10)" --pin $pin
	k -d $b key delete --id 10 --pin-file pin --confirm $b
	k -d $b restore 10.cert.wky --pin-file pin
	p11 1 --read-object --type cert --id 10 -o read.der
	cmp 10.der read.der
	k --json -d $b objects >objects.json
	same "$(json objects.json "len([o for o in d if o['type'] == 'certificate' and o['id'] == '10'])")" 1
	# ours: key 40 gets a certificate on B, Keyroom's backup takes it to A
	p11in 1 --write-object 40.der --type cert --id 40 --label 'ours rsa:2048'
	k -d $b backup --id 40 --out backup.cert --pin-file pin
	p11in 0 --delete-object --type privkey --id 40
	schsm 0 --unwrap-key "$(find backup.cert -type f)" --key-reference 200 --pin $pin
	p11 0 --read-object --type cert --id 40 -o read.der
	cmp 40.der read.der
}

inventory_knows() {
	k --json keys >keys.json
	k --json backups >backups.json
	same "$(json keys.json "len([o for o in d if o['label'].startswith('theirs')])")" "$types"
	same "$(json keys.json "len([o for o in d if o['label'].startswith('ours')])")" "$types"
	k journal verify
}

secret so $so
secret pin $pin
insert 0 a --serial $a --firmware 3.6
insert 1 b --serial $b --firmware 3.6
check 'a share is made by either side, and Keyroom opens both' shares_made
check "sc-hsm-tool's card takes its own share from Keyroom, and Keyroom's from sc-hsm-tool" card_a
check "Keyroom's card takes both, and all check values are equal" card_b
id=16 types=0
for type in rsa:2048 $curves rsa:4096; do
	types=$((types + 1))
	case $type in rsa*) opensc=$type ours=$type ;; *) opensc=EC:$type ours=ec:$type ;; esac
	check "$type: made and wrapped by OpenSC, restored by Keyroom" theirs $opensc $(printf %02x $id)
	check "$type: made and backed up by Keyroom, unwrapped by OpenSC" ours $ours $(printf %02x $((id + 48)))
	id=$((id + 1))
done
check 'a certificate comes along, both ways' certificates
check 'the inventory knows all of them' inventory_knows
end
