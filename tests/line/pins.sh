#!/bin/bash
# User PIN and SO-PIN on devices of several firmwares: their form, their tries, changing and unblocking them.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

secret pin7 4071935
secret pin15 407193582016443
secret pin16 4071935820164437
secret pin17 40719358201644375
secret longer 4071938
secret other 2f8c41d07be95a37
printf '407193\r\n' >crlf
printf '407193' >bare
card cards DENK0100036 3.6
card cards DENK0100012 1.2
card cards DENK0100010 1.0
new=DENK0100036 old=DENK0100012 oldest=DENK0100010

# initialise SERIAL SO-PIN-FILE PIN-FILE OPTION...: without a DKEK, which takes no time
initialise() {
	local serial=$1 so=$2 pin=$3
	shift 3
	set -- -d "$serial" init --label "$serial" --no-backup --so-pin-file "$so" --new-pin-file "$pin" --confirm "$serial" "$@"
	k "$@"
}

expect 2 "a new PIN of 16 characters, with which other software cannot log in" -d $new init --label x --no-backup --so-pin-file so \
	--new-so-pin-file newso --new-pin-file pin16 --confirm $new
expect 2 "... of 17, which nobody can have" -d $new init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin17 --confirm $new
expect 2 "four tries for a PIN of six characters" -d $new init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --pin-tries 4 --confirm $new
expect 2 "six tries for one of seven" -d $new init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin7 --pin-tries 6 --confirm $new
expect 2 "eleven tries for any" -d $new init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin15 --pin-tries 11 --confirm $new
expect 0 "nothing of that touched the device" --json -d $new status
holds "... it was never initialised" 'j["pin_tries"] is None and j["label"] is None'
expect 0 "ten tries for one of fifteen" -d $new init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin15 --pin-tries 10 --confirm $new
expect 0 "status" --json -d $new status
holds "... says ten" 'j["pin_tries"] == 10'
expect 2 "a new PIN that is too short for ten tries is refused before the device is asked" -d $new pin change --pin-file pin15 \
	--new-pin-file pin
says "... in words" 'longer one'
expect 1 "... and unblocking with one" -d $new pin unblock --so-pin-file newso --new-pin-file pin
says "... says what would do" '8 characters'

initialise $new newso pin
expect 0 "a device with a PIN of six" --json -d $new status
holds "... and its three tries" 'j["pin_tries"] == 3'
expect 4 "a character too many for the current PIN" -d $new pin change --pin-file longer --new-pin-file pin7
expect 4 "a carriage return behind it" -d $new pin change --pin-file crlf --new-pin-file pin7
expect 0 "... and it is the old one still: nothing of what was too much became part of a new one" -d $new pin change \
	--pin-file pin --new-pin-file pin7
expect 0 "a PIN from a file without a newline" -d $new pin change --pin-file pin7 --new-pin-file bare
expect 0 "... is what stands in it" -d $new pin change --pin-file pin --new-pin-file pin7
chmod 644 pin
expect 0 "a file that others can read is taken" -d $new pin change --pin-file pin7 --new-pin-file pin
says "... with a warning" 'Others on this computer can read'
chmod 600 pin
expect 0 "a new PIN with a carriage return is set as it stands" -d $new pin change --pin-file pin --new-pin-file crlf
says "... with a warning, because nobody can type it" 'carriage return'
expect 0 "... and back" -d $new pin change --pin-file crlf --new-pin-file pin
expect 2 "a secret's file that is not there" -d $new pin change --pin-file nowhere --new-pin-file pin7
expect 2 "... that is empty" -d $new pin change --pin-file /dev/null --new-pin-file pin7
says "... is named" 'first line of /dev/null is empty'

initialise $new newso pin --no-unblock
expect 1 "a device that allows no unblocking is not asked for it" -d $new pin unblock --so-pin-file newso --new-pin-file pin
expect 4 "one wrong try" -d $new pin change --pin-file wrongpin --new-pin-file pin
expect 4 "two" -d $new pin change --pin-file wrongpin --new-pin-file pin
expect 5 "the last one needs --confirm" -d $new pin change --pin-file wrongpin --new-pin-file pin
says "... and it says that nothing unblocks it" 'for good'
expect 4 "with it" -d $new key new --type ec:secp256r1 --label x --pin-file wrongpin --confirm $new
says "... the way out is not the SO-PIN" 'not even the SO-PIN'
expect 4 "the right one is of no use then" -d $new pin change --pin-file pin --new-pin-file pin7
says "... which is said again" 'not even the SO-PIN'
expect 0 "status" -d $new status
grep -q 'blocked for good' out
verdict $? "... says it too"
initialise $new newso pin
expect 0 "initialised again it is as new" --json -d $new status
holds "... with its tries" 'j["pin_tries"] == 3 and j["so_pin_tries"] == 15'

for _ in 1 2 3 4 5 6 7 8 9 10; do
	k -d $new so-pin change --so-pin-file wrongso --new-so-pin-file other
done
expect 5 "the last five tries of the SO-PIN need --confirm" -d $new so-pin change --so-pin-file newso --new-so-pin-file other
expect 5 "... for unblocking too" -d $new pin unblock --so-pin-file newso --new-pin-file pin
expect 0 "... and none was spent" --json -d $new status
holds "... five left" 'j["so_pin_tries"] == 5'
expect 5 "another device's serial does not do" -d $new so-pin change --so-pin-file newso --new-so-pin-file other --confirm $old
expect 0 "this one's does" -d $new so-pin change --so-pin-file newso --new-so-pin-file other --confirm $new

initialise $new other pin --transport-pin
expect 0 "a transport PIN" --json -d $new status
holds "... is none that can be tried" 'j["transport_pin"] is True and j["pin_tries"] is None'
expect 1 "... and no key is made with it" -d $new key new --type ec:secp256r1 --label x --pin-file pin
expect 0 "... but a user PIN" -d $new pin change --pin-file pin --new-pin-file pin7
expect 0 "... which makes keys" -d $new key new --type ec:secp256r1 --label x --pin-file pin7

expect 1 "firmware 1.2 has no transport PIN" -d $old init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --transport-pin --confirm $old
says "... which is said, and that nothing was erased" 'transport PIN.*Nothing was erased'
initialise $old so pin --new-so-pin-file newso
expect 2 "it keeps the length of its PIN" -d $old pin change --pin-file pin --new-pin-file pin7
expect 1 "firmware 1.0 cannot change its SO-PIN" -d $oldest so-pin change --so-pin-file so --new-so-pin-file newso
expect 2 "... and is not initialised as if it could" -d $oldest init --label x --no-backup --so-pin-file so --new-so-pin-file newso \
	--new-pin-file pin --confirm $oldest
initialise $oldest so pin
verdict $? "it is initialised with the SO-PIN it has"
! grep -q 'Change it next' err
verdict $? "... and nobody is asked to change it"
finish
