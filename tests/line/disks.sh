#!/bin/bash
# A disk that cannot be written and one that is full, as mounts: below the inventory, the backups and the shares.
. "$(dirname "$(readlink -f "$0")")/../namespaces.sh"
inside -m "$0" "$@" || { echo "Bail out! this is no namespace of our own"; exit 1; }
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
card cards DENK0100061 3.6
a=DENK0100061

mkdir disk
mount -t tmpfs -o size=4m,mode=700 none disk || { echo "Bail out! no mount can be made"; exit 1; }
trap 'umount disk; rm -rf "$work"' EXIT
read_only() { mount -o remount,ro disk; }
writable() { mount -o remount,rw disk; }
# fill LEAVING: but for so many kilobytes
fill() {
	local free
	rm -f disk/filler
	free=$(df --output=avail -k disk | tail -n 1)
	head -c $(((free - $1) * 1024)) /dev/zero >disk/filler
}
free_again() { rm -f disk/filler; }
keys_there() { # keys_there NUMBER SENTENCE: on the card, as the card has it
	expect 0 "$2" --json -d $a objects
	holds "... $1" "len([o for o in j if o['type'] == 'key']) == $1"
}

k share new one.pbe --new-password-file password
k -d $a init --label disks --shares 1 --share one.pbe --password-file password --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --confirm $a
for i in 1 2 3; do k -d $a key new --type ec:secp256r1 --label "key $i" --pin-file pin; done
keys_there 3 "a device with three keys"

# --- the shares

read_only
expect 1 "a share on a disk that cannot be written" share new disk/two.pbe --new-password-file password
says "... is said" 'disk/two.pbe.*(read-only|cannot be written|not be written)|[Rr]ead-only'
writable
fill 0
expect 1 "a share on a full disk" share new disk/two.pbe --new-password-file password
says "... is said" 'full|[Nn]o space'
[ "$(ls -A disk)" = filler ]
verdict $? "... and nothing of it is left behind"
free_again
expect 0 "a share on the same disk with room" share new disk/two.pbe --new-password-file password
rm disk/two.pbe

# --- the backups

mkdir disk/safe
read_only
expect 7 "a backup to a disk that cannot be written" -d $a backup --all --out disk/safe --pin-file pin
says "... is said" '[Rr]ead-only|cannot be written|not be written'
writable
fill 0
expect 7 "a backup to a full disk" -d $a backup --all --out disk/safe --pin-file pin
says "... is said" 'full|[Nn]o space'
[ -z "$(find disk/safe -name '*.wky')" ]
verdict $? "... and no file is left that is not whole"
fill 4
k -d $a backup --all --out disk/safe --pin-file pin
code=$?
[ $code = 7 ]
verdict $? "a disk that fills up on the way (exit $code)"
says "... is said" 'full|[Nn]o space'
free_again
expect 0 "the same backup with room again" -d $a backup --all --out disk/safe --pin-file pin
[ "$(find disk/safe -name '*.wky' | sed -E 's/(-[0-9a-f]{8})-[0-9]+\.wky$/\1.wky/' | sort -u | wc -l)" = 3 ] && [ -z "$(find disk/safe -type f ! -name '*.wky')" ]
verdict $? "... has all of them"
keys_there 3 "the keys are where they were"

# --- the inventory, and the cards beside it

umount disk
mkdir disk.was && mv cards disk.was && mount -t tmpfs -o size=4m,mode=700 none disk && cp -r disk.was/cards/. disk && mkdir cards &&
	mount --bind disk cards
trap 'umount cards disk; rm -rf "$work"' EXIT
fill 0
k -d $a key new --type ec:secp256r1 --label 'key 4' --pin-file pin
code=$?
[ $code != 0 ]
verdict $? "a new key where the inventory's disk is full (exit $code)"
says "... is said" 'full|[Nn]o space'
free_again
expect 0 "the inventory with room again" journal verify
keys_there 3 "nothing was made that is not written down"
expect 0 "a new key" -d $a key new --type ec:secp256r1 --label 'key 4' --pin-file pin
expect 0 "all keys" --json keys
holds "... are known" "len(j) == 4"
finish
