#!/bin/bash
# headers.sh ROOT: every header compiles on its own, twice over, and has its path as its guard (ENGINE_BASE_TLV_H).
set -uo pipefail
cd "$1" || exit 1
flags=$(pkg-config --cflags libcrypto libpcsclite sqlite3 json-c ncursesw) || exit 1
export flags
one() {
	local h=$1 guard
	guard=$(tr 'a-z./-' 'A-Z___' <<<"$h")
	grep -qx "#ifndef $guard" "$h" && grep -qx "#define $guard" "$h" || { echo "$h: its guard is not $guard"; return 1; }
	# shellcheck disable=SC2086
	printf '#include "%s"\n#include "%s"\n' "$h" "$h" |
		${CC:-gcc} -std=c17 -fsyntax-only -Wall -Wextra -Werror -D_GNU_SOURCE -DKEYROOM_VERSION='""' -I. $flags -x c - ||
		{ echo "$h does not compile on its own"; return 1; }
}
export -f one
headers=$(find engine store tui tests -name '*.h')
[ -n "$headers" ] || { echo "no header under $PWD"; exit 1; }
xargs -n 1 -P 2 bash -c 'one "$1"' one <<<"$headers" || exit 1
