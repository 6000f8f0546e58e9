#!/bin/bash
# Certificates and data objects: what a script gives, what it gets, what is refused, and what is never lost.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100041 4.1
card cards DENK0100036 3.6 --memory 6
new=DENK0100041 small=DENK0100036
for serial in $new $small; do
	expect 0 "$serial is initialised" -d $serial init --label $serial --no-backup --so-pin-file so --new-so-pin-file newso \
		--new-pin-file pin --confirm $serial
done
for key in 'ec:secp256r1 01 root' 'rsa:2048 02 sub' 'aes:256 03 archive'; do
	read -r type id label <<<"$key"
	expect 0 "a key: $label" -d $new key new --type "$type" --id "$id" --label "$label" --pin-file pin
done
k -d $new key export --id 01 && cp out root.pub
k -d $new key export --id 02 && cp out sub.pub

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=Outside CA' -days 3650 \
	-addext keyUsage=critical,keyCertSign 2>/dev/null
issue() { # issue KEY NAME DAYS FILE [EXTENSIONS]
	printf '%s' "${5:-}" >ext
	openssl x509 -new -force_pubkey "$1" -subj "/CN=$2" -CA ca.pem -CAkey ca.key -days "$3" -extfile ext -out "$4"
}
issue root.pub 'Root 2026' 3000 root.pem 'basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
issue root.pub 'Root 2027, which has a longer name than the one before' 30 longer.pem 'basicConstraints=critical,CA:TRUE
keyUsage=critical,digitalSignature'
issue sub.pub 'Sub' 3000 sub.pem
openssl x509 -in sub.pem -outform DER -out sub.der
cat ca.pem sub.pem root.pem >chain.pem
cat root.pem longer.pem >two.pem
{ head -n 5 root.pem; tail -n 4 root.pem; } >cut.pem
head -c 200 sub.der >cut.der

# --- certificates of keys
expect 2 "a certificate needs a file" -d $new cert import --id 01 --pin-file pin
expect 2 "... and a key" -d $new cert import root.pem --pin-file pin
expect 3 "... that is there" -d $new cert import --id 77 root.pem --pin-file pin
expect 3 "a file that is not there" -d $new cert import --id 01 nowhere.pem --pin-file pin
expect 6 "a certificate of another key" -d $new cert import --id 01 sub.pem --pin-file pin
says "... which is said" 'another key.*Nothing was written'
expect 6 "a chain without the key's" -d $new cert import --id 01 ca.pem --pin-file pin
expect 6 "several that are for the key" -d $new cert import --id 01 two.pem --pin-file pin
for file in cut.pem cut.der pin ca.key; do
	expect 6 "no certificate: $file" -d $new cert import --id 02 $file --pin-file pin
done
expect 1 "a secret key has none" -d $new cert import --id 03 sub.pem --pin-file pin
expect 4 "a wrong PIN" -d $new cert import --id 01 root.pem --pin-file wrongpin
expect 3 "... and nothing was written" -d $new cert export --id 01
expect 0 "DER" --json -d $new cert import --id 02 sub.der --pin-file pin
holds "... with its members" \
	'j["type"] == "certificate" and j["id"] == "02" and j["key_ref"] == 2 and j["subject"] == "CN=Sub" and len(j["until"]) == 10'
expect 0 "the one of a chain that is for the key" -d $new cert import --id 01 chain.pem --pin-file pin
expect 0 "... is exported as PEM" -d $new cert export --id 01
[ "$(openssl x509 -in out -noout -subject -nameopt RFC2253)" = 'subject=CN=Root 2026' ]
verdict $? "... and is that"
expect 0 "... in a document" --json -d $new cert export --id 01
holds "... too" 'j["content"].startswith("-----BEGIN CERTIFICATE-----")'
expect 0 "... as DER into a file" -d $new cert export --id 02 --format der --out back.der
expect 2 "a form that there is not" -d $new cert export --id 02 --format pkcs7
says "... is told those that there are" 'one of these: pem, der\.'
expect 2 "a key for a certificate that stands by itself" -d $new cert import --stand-alone --id 02 back.der --pin-file pin
says "... is refused by its option" '^keyroom: --id 02 is given'
cmp -s sub.der back.der
verdict $? "... byte for byte"
[ "$(stat -c %a back.der)" = 600 ]
verdict $? "... for its owner alone"
expect 5 "... which is never overwritten" -d $new cert export --id 02 --out back.der
expect 0 "the same one again" -d $new cert import --id 01 root.pem --pin-file pin
expect 0 "another one takes its place" -d $new cert import --id 01 longer.pem --pin-file pin
says "... and which one it replaces is said" 'has a certificate already, for CN=Root 2026'
says "... that it ends soon" 'ends soon'
says "... that it cannot sign certificates" 'key usage does not let it sign certificates'
expect 0 "a shorter one" -d $new cert import --id 01 root.pem --pin-file pin
expect 0 "objects" --json -d $new objects
holds "... has keys and certificates" \
	"sorted((o['type'], o['id']) for o in j) == [('certificate', '01'), ('certificate', '02'), ('key', '01'), ('key', '02'), ('key', '03')]"
expect 5 "deleting needs --confirm" -d $new cert delete --id 01 --pin-file pin
expect 0 "deleted" --json -d $new cert delete --id 01 --pin-file pin --confirm $new
expect 3 "... it is gone" -d $new cert export --id 01
expect 0 "... and the key has its public key" -d $new key export --id 01
cmp -s out root.pub
verdict $? "... as before"
expect 0 "objects" --json -d $new objects
holds "... does not list it" "sorted(o['id'] for o in j if o['type'] == 'certificate') == ['02']"
expect 0 "it can have one again" -d $new cert import --id 01 root.pem --pin-file pin

# --- certificates by themselves
expect 0 "a CA whose key is elsewhere" --json -d $new cert import --stand-alone ca.pem --pin-file pin
holds "... by its own name and ID" 'j["label"] == "Outside CA" and len(j["id"]) == 40 and j["key_ref"] is None'
id=$(value 'j["id"]')
expect 2 "... which is no key's" -d $new cert import --stand-alone --id 01 root.pem --pin-file pin
expect 2 "... and a key's has no label of its own" -d $new cert import --id 01 --label x root.pem --pin-file pin
expect 6 "... once" -d $new cert import --stand-alone ca.pem --pin-file pin
expect 0 "... or by those that are given" --json -d $new cert import --stand-alone --new-id 77 --label 'Root, elsewhere' root.pem --pin-file pin
holds "... which are these" 'j["label"] == "Root, elsewhere" and j["id"] == "77"'
expect 0 "it is exported" -d $new cert export --id "$id"
openssl x509 -in ca.pem -outform DER -out one && openssl x509 -in out -outform DER -out other && cmp -s one other
verdict $? "... as it was"
expect 0 "by its file too" -d $new cert export --id file:CA01
expect 0 "objects, for people" -d $new objects
grep -q " $id\$" out
verdict $? "... have their whole ID, which a command takes"
expect 0 "deleted" -d $new cert delete --id 77 --pin-file pin --confirm $new
expect 3 "... it is gone" -d $new cert delete --id 77 --pin-file pin --confirm $new

# --- data
printf 'first line\nsecond line\n' >text
head -c 3000 /dev/urandom >random
: >empty
truncate -s 65536 large
mkdir folder
expect 2 "data needs a label" -d $new data write text --pin-file pin
expect 2 "... that can be seen" -d $new data write text --label '   ' --pin-file pin
expect 2 "... a key's too" -d $new key new --type ec:secp256r1 --label '  ' --pin-file pin
expect 2 "nothing to be written" -d $new data write empty --label x --pin-file pin
expect 2 "too much" -d $new data write large --label x --pin-file pin
expect 1 "no file" -d $new data write folder --label x --pin-file pin
expect 4 "a wrong PIN" -d $new data write text --label x --pin-file wrongpin
expect 0 "public data" --json -d $new data write text --label notes --pin-file pin
holds "... with its members" 'j["type"] == "data" and j["label"] == "notes" and j["size"] == 23 and j["private"] is False'
says "... and what that means is said" 'Whoever has the device can read'
expect 6 "a label that is taken" -d $new data write random --label notes --private --pin-file pin
expect 0 "private data" -d $new data write random --label 'my secret' --private --pin-file pin
expect 0 "public data needs no PIN" -d $new data read --label notes
cmp -s out text
verdict $? "... and comes byte for byte"
expect 0 "... a PIN is taken all the same" -d $new data read --label notes --pin-file pin --format hex
[ "$(tr -d '\n' <out)" = "$(od -An -v -tx1 text | tr -d ' \n')" ]
verdict $? "... in hexadecimal digits"
expect 0 "... in a document" --json -d $new data read --label notes
holds "... as well" 'bytes.fromhex(j["content"]) == open("text", "rb").read()'
expect 2 "... which private data is not put into" --json -d $new data read --label 'my secret' --pin-file pin
says "... but into a file" 'with --out'
expect 2 "private data needs one" -d $new data read --label 'my secret'
[ ! -s out ]
verdict $? "... and nothing of it comes without"
expect 4 "... the right one" -d $new data read --label 'my secret' --pin-file wrongpin
expect 0 "with it" -d $new data read --label 'my secret' --pin-file pin
cmp -s out random
verdict $? "... it comes byte for byte"
expect 0 "... into a file" --json -d $new data read --label 'my secret' --pin-file pin --out kept
cmp -s kept random && [ "$(stat -c %a kept)" = 600 ]
verdict $? "... for its owner alone"
expect 5 "... which is never overwritten" -d $new data read --label notes --out kept
expect 2 "... and has a name that can be seen" -d $new data read --label notes --out '  '
expect 3 "data that is not there" -d $new data read --label nowhere
expect 5 "deleting needs --confirm" -d $new data delete --label notes --pin-file pin
expect 5 "... with this device's serial" -d $new data delete --label notes --pin-file pin --confirm $small
expect 2 "one that is named twice" -d $new data delete --label notes --label file:CF00 --pin-file pin --confirm $new
expect 0 "deleted" -d $new data delete --label notes --pin-file pin --confirm $new
expect 3 "... it is gone" -d $new data read --label notes
expect 0 "objects" --json -d $new objects
holds "... has the other" "[(o['label'], o['size']) for o in j if o['type'] == 'data'] == [('my secret', 3000)]"

# --- a device that is full
expect 0 "a small device" -d $small data write text --label small --pin-file pin
head -c 60000 /dev/urandom >much
expect 1 "... does not take much" -d $small data write much --label much --pin-file pin
says "... which is said" 'Nothing of it is left'
expect 0 "objects" --json -d $small objects
holds "... has nothing of it" "[o['label'] for o in j] == ['small']"
expect 0 "... and takes what fits" -d $small data write text --label again --pin-file pin

expect 0 "the journal" --json journal
holds "... tells of all of it" \
	"{'cert.imported', 'cert.exported', 'cert.deleted', 'data.written', 'data.read', 'data.deleted'} <= {e['what'] for e in j}"
expect 0 "... and is whole" journal verify
# --- several at once
for label in one two three; do k -d $new data write --label $label text --pin-file pin; done
k -d $new cert import --stand-alone --new-id 77 --label 'Elsewhere' root.pem --pin-file pin
k -d $new key new --type ec:secp256r1 --label goes --id 0d --pin-file pin
expect 3 "where one of them is not there, none is deleted" -d $new data delete --label one --label four --pin-file pin --confirm $new
expect 0 "two of one kind" --json -d $new data delete --label one --label two --pin-file pin --confirm $new
holds "... both are told of" "j['label'] == 'one' and [o['label'] for o in j['data']] == ['one', 'two']"
expect 5 "a key, a certificate and data need --confirm" -d $new key delete --id 0d --id cert:Elsewhere --id data:three --pin-file pin
expect 0 "they go together" --json -d $new key delete --id data:three --id cert:Elsewhere --id 0d --pin-file pin --confirm $new
holds "... each as what it is" \
	"[o['type'] for o in j['objects']] == ['data', 'certificate', 'key'] and [o['label'] for o in j['keys']] == ['goes']"
expect 0 "objects" --json -d $new objects
holds "... has none of them" "not {'one', 'two', 'three', 'Elsewhere', 'goes'} & {o['label'] for o in j}"
finish
