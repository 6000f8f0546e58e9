#!/bin/bash
# What is done with keys that are there: testing, renaming, deleting several; and the device's own label and generator.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100036 3.6
card cards DENK0100041 4.1
a=DENK0100036

k share new one.pbe --new-password-file password
expect 0 "initialised" -d $a init --label first --shares 1 --share one.pbe --password-file password --so-pin-file so \
	--new-so-pin-file newso --new-pin-file pin --confirm $a
! grep -q 'ever be backed up' err
verdict $? "... without a warning about what does not concern it"

expect 0 "the device gets another label" --json -d $a label --label 'Root A' --pin-file pin
holds "... which is told" "j['serial'] == '$a' and j['label'] == 'Root A'"
expect 0 "status, by the new label" --json -d 'Root A' status
holds "... has it" "j['label'] == 'Root A'"
expect 2 "a label that is too long" -d $a label --label 'a label that has more than 32 characters' --pin-file pin
expect 2 "a label has to be given" -d $a label --pin-file pin
expect 4 "a wrong PIN" --json -d $a label --label x --pin-file wrongpin

expect 0 "random bytes" --json -d $a random --bytes 5000 --out bytes
holds "... are told" "j['serial'] == '$a' and j['bytes'] == 5000 and j['file'] == 'bytes'"
[ "$(stat -c '%a %s' bytes)" = "600 5000" ]
verdict $? "... in a file for their owner alone"
cp bytes kept
expect 5 "a file that is there is refused" --json -d $a random --bytes 10 --out bytes
cmp -s bytes kept
verdict $? "... and left as it is"
expect 2 "no bytes" -d $a random --bytes 0 --out none
expect 2 "too many" -d $a random --bytes 65537 --out none
expect 2 "without a file" -d $a random --bytes 10
[ ! -e none ]
verdict $? "... nothing was written"

for n in 1 2 3; do
	expect 0 "key $n is made" -d $a key new --type ec:secp256r1 --label "Key $n" --id 0$n --pin-file pin
done
expect 0 "one that counts its uses" -d $a key new --type aes:256 --label Counted --id 04 --use-counter 5 --pin-file pin
expect 0 "objects" --json -d $a objects
holds "... has what is left of each, which its CMAC did not spend" "[o['use_counter'] for o in sorted(j, key=lambda o: o['id'])] == [None] * 3 + [5]"
for n in "" 0 -1 five 99999999999; do
	expect 2 "a use counter of \"$n\"" --json -d $a key new --type ec:secp256r1 --label x --use-counter="$n" --pin-file pin
done
expect 0 "a key is tested" --json -d $a key test --id 01 --pin-file pin
holds "... and passes" "j['id'] == '01' and j['passed'] is True and j['compared'] is True and len(j['keys']) == 1"
expect 0 "several" --json -d $a key test --id 01 --id 02 --id 03 --pin-file pin
holds "... all of them" "[k['passed'] for k in j['keys']] == [True] * 3"
expect 0 "one with a use counter, named twice" -d $a key test --id 04 --id ref:4 --pin-file pin
says "... says what that costs" 'spends one'
expect 0 "objects" --json -d $a objects
holds "... has one less" "[o['use_counter'] for o in j if o['id'] == '04'] == [4]"
expect 3 "one that is not there" --json -d $a key test --id 77 --pin-file pin
expect 2 "none at all" -d $a key test --pin-file pin
expect 0 "the journal" --json journal
holds "... has the tests" "len([e for e in j if e['what'] == 'key.tested']) == 5"

expect 0 "a key gets another label and CKA_ID" --json -d $a key rename --id 02 --label 'Second key' --new-id 0202 --pin-file pin
holds "... which are told" "j['label'] == 'Second key' and j['id'] == '0202' and j['key_ref'] == 2"
expect 0 "objects" --json -d $a objects
holds "... has it once" "sorted(o['id'] for o in j) == ['01', '0202', '03', '04']"
expect 6 "an ID that another key has" --json -d $a key rename --id 01 --new-id 0202 --pin-file pin
expect 3 "a key that is not there" -d $a key rename --id 02 --label x --pin-file pin
expect 2 "nothing that would be new" -d $a key rename --id 01 --pin-file pin
expect 2 "an ID of the wrong form" -d $a key rename --id 01 --new-id 1 --pin-file pin

expect 5 "two that are nowhere else" -d $a key delete --id 01 --id 03 --pin-file pin
[ "$(grep -c 'gone for good' err)" = 2 ]
verdict $? "... are both said to be gone for good then"
expect 0 "one is backed up" -d $a backup --id 03 --pin-file pin
expect 5 "deleting several needs --confirm" -d $a key delete --id 01 --id 03 --pin-file pin
expect 3 "where one of them is not there, none is deleted" -d $a key delete --id 01 --id 77 --pin-file pin --confirm $a
expect 0 "two are deleted, with a backup first" --json -d $a key delete --id 01 --id 03 --backup-first --out safe --pin-file pin \
	--confirm $a
holds "... which is told of each" "[(k['id'], k['proof'], k['file'].startswith('safe/')) for k in j['keys']] == [('01', 'matched', True), ('03', 'matched', True)]"
says "... what is proven about the backups of one is said" 'never opened or restored'
[ "$(find safe -type f | wc -l)" = 2 ]
verdict $? "... with a file each"
expect 0 "objects" --json -d $a objects
holds "... has the others" "sorted(o['id'] for o in j) == ['0202', '04']"
expect 0 "one that is nowhere else" -d $a key delete --id 0202 --pin-file pin --confirm $a
says "... is said to be gone for good" 'gone for good'
finish
