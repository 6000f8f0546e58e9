#!/bin/bash
# manual.sh ROOT KEYROOM: the manual page has every command and every option of the program, and no other option.
set -uo pipefail
cd "$1" || exit 1
keyroom=$2
rc=0
bad() { echo "$*"; rc=1; }
page=$(mandoc -T ascii -O width=500 share/man/keyroom.1 | sed 's/.\x08//g') || exit 1
[ -n "$page" ] || { echo "the page is empty"; exit 1; }
words() { grep -oE -- '(^|[^-[:alnum:]])--[a-z][a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u; }

commands=$("$keyroom" --help | sed -nE 's/^  ([a-z][a-z-]*( [a-z-]+)?)   *[[:upper:]a-z].*/\1/p')
[ "$(wc -l <<<"$commands")" -ge 20 ] || bad "keyroom --help lists too few commands:"$'\n'"$commands"
help=$("$keyroom" --help)
while read -r command; do
	read -r first second <<<"$command"
	grep -qE "^ +$first${second:+ \\[?$second}( |\]|\$)" <<<"$page" || bad "share/man/keyroom.1 does not have the command $command"
	# shellcheck disable=SC2086
	help+=$'\n'$("$keyroom" $command --help) || bad "keyroom $command --help fails"
done <<<"$commands"

for option in $(words <<<"$help"); do
	[ "$option" = --help ] || [ "$option" = --version ] || grep -qwF -- "$option" <<<"$page" ||
		bad "share/man/keyroom.1 does not have the option $option"
done
for option in $(words <<<"$page"); do
	grep -qwF -- "$option" <<<"$help" || bad "share/man/keyroom.1 has the option $option, which the program does not"
done
exit $rc
