#!/bin/bash
# The same commands with a person at the terminal: what is asked, what is asked again, how it is left.
# shellcheck source=tests/line/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
shopt -s lastpipe   # what a dialogue is piped into counts its tests here
card cards DENK0100036 3.6
s=DENK0100036

# typed CODE SENTENCE ARGUMENT... <dialogue: the exit code; what was shown is in out
typed() {
	local want=$1 sentence=$2 got
	shift 2
	timeout 100 python3 "$here/typed.py" out "$KEYROOM" --rehearse=cards "$@" 2>err
	got=$?
	[ "$got" = "$want" ]
	verdict $? "$sentence (exit $got)"
}
shows() { grep -qE "$2" out; verdict $? "$1"; }
shows_not() { ! grep -qE "$2" out; verdict $? "$1"; }
d() { printf '%s\t%s\n' "$@"; }

d 'DKEK shares: ' '\n' 'Or, without any' '\n' | typed 2 "neither shares nor none is no answer" -d $s init --label x
shows "... although it is asked for" 'Or, without any \(type: no backup ever\)'
d 'DKEK shares: ' '2\n' 'Current SO-PIN: ' '\x03' | typed 1 "shares that no option gives are asked for" -d $s init --label x
shows_not "... and nothing more is asked about it" 'Or, without any'
d 'DKEK shares: ' '\n' 'Or, without any' 'no backup ever\n' 'Current SO-PIN: ' '\x03' | typed 1 "... or none" -d $s init --label x
shows "... with a warning" 'can ever be backed up'
d 'Current SO-PIN: ' '\x03' | typed 1 "^C at the first secret leaves it" -d $s init --label x --no-backup
shows "... and says that nothing was changed" 'Nothing was changed'
d 'Current SO-PIN: ' '1234\n' 'New SO-PIN: ' '\n' 'Current SO-PIN: ' '\n' 'New SO-PIN: ' '2f8c41d07be95a36\n' \
	'once more: ' '2f8c41d07be95a37\n' 'Current SO-PIN: ' '\n' 'New SO-PIN: ' '2f8c41d07be95a36\n' 'once more: ' \
	'2f8c41d07be95a36\n' 'New user PIN: ' '40719\n' 'once more: ' '40719\n' 'New user PIN: ' '407193\n' 'once more: ' '407193\n' \
	'Type DENK0100036' 'DENK0100037\n' |
	typed 5 "what was typed wrong is asked again; another serial is no yes" -d $s init --label x --no-backup
shows "... an SO-PIN of the wrong form" 'exactly 16 hexadecimal digits'
shows "... two that differ" 'not the same'
shows_not "... no secret is shown" '2f8c41|40719'
expect 0 "nothing of that touched the device" --json -d $s status
holds "... it was never initialised" 'j["label"] is None and j["pin_tries"] is None'
d 'Current SO-PIN: ' '\n' 'New SO-PIN: ' '2f8c41d07be95a36\n' 'once more: ' '2f8c41d07be95a36\n' 'New user PIN: ' '407193\n' \
	'once more: ' '407193\n' 'Type DENK0100036' 'DENK0100036\n' |
	typed 0 "the serial is; an empty current SO-PIN is the factory's" -d $s init --label x --no-backup
expect 0 "so that it has the new SO-PIN" -d $s so-pin change --so-pin-file newso --new-so-pin-file newso

d 'Current SO-PIN: ' '2f8c41d07be95a36\n' 'New user PIN: ' '52817364\n' 'once more: ' '52817364\n' |
	typed 0 "unblocking asks for both PINs" -d $s pin unblock
expect 0 "... and has set the new one" -d $s pin change --pin-file newpin --new-pin-file pin
d 'Current user PIN: ' '999999\n' 'New user PIN: ' '407194\n' 'once more: ' '407194\n' |
	typed 4 "a wrong PIN is not asked for again by itself" -d $s pin change
k -d $s pin change --pin-file wrongpin --new-pin-file pin
d 'Current user PIN: ' '407193\n' 'New user PIN: ' '407194\n' 'once more: ' '407194\n' 'Type DENK0100036' '\n' |
	typed 5 "its last try needs the serial" -d $s pin change
shows "... which is said before" 'last try'
d 'Current user PIN: ' '407193\n' 'New user PIN: ' '407194\n' 'once more: ' '407194\n' 'Type DENK0100036' 'DENK0100036\n' |
	typed 0 "... with it" -d $s pin change

d 'Type: ' 'foo\n' 'Label: ' 'one\n' 'Type: ' 'ec:P-256\n' 'Label: ' 'one\n' 'PIN: ' '407194\n' |
	typed 0 "a type that is none is asked again" -d $s key new
d 'Type: ' '\x03' | typed 130 "^C at a line leaves" -d $s key new
d 'Password: ' 'first sentence\n' 'once more: ' 'first sentenc\x7fce\n' |
	typed 0 "a password is typed twice, and may be corrected" share new one.pbe
shows_not "... it is not shown" sentence
d 'Password: ' 'another one\n' 'Password: ' 'first sentence\n' | typed 0 "a share's wrong password is asked again" share check one.pbe
d 'Password: ' 'first sentence\n' 'Open the share' '\x03' |
	KEYROOM=$REAL typed 1 "^C while it works, which takes seconds, stops it" share check one.pbe
d 'bash' "'$REAL' --rehearse=cards share check one.pbe\\n" 'Password: ' 'first sentence\n' 'Open the share' '\x1a' 'Stopped' 'fg\n' \
	'Password: ' '\x03' 'bash' 'exit 0\n' | timeout 100 python3 "$here/typed.py" out /bin/bash --norc -i 2>err
verdict $? "^Z while it works, in a shell"
awk '/Open the share.* 100 %/ { done = 1 } /Stopped/ { in_order = done } END { exit !in_order }' out
verdict $? "... takes effect when that is over"
finish
