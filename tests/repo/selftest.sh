#!/bin/bash
# selftest.sh ROOT: each check is shown a copy of the tree with one fault planted, and must name the file.
set -uo pipefail
here=$1/tests/repo
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$1" && mkdir "$work/tree" || exit 1
# Small, so that it stays quick: the ground floor, and an empty file on each of the others.
cp -r --parents engine/base share/man share/po dev .ci ./*.md LICENSE tests/repo "$work/tree" || exit 1
for floor in engine/keys engine/card engine/sim engine/jobs store tui/wizard tui/command tui/console; do
	mkdir -p "$work/tree/$floor" && touch "$work/tree/$floor/empty.c"
done
touch "$work/tree/meson.build"
echo '## repo' >"$work/tree/tests/README.md"
"$work/tree/share/po/extract" >"$work/tree/share/po/keyroom.pot"
n=0 rc=0

for check in floors headers form documents words; do
	n=$((n + 1))
	if "$here/$check.sh" "$work/tree"; then echo "ok $n - $check.sh finds nothing in the clean copy"; else echo "not ok $n - $check.sh"; rc=1; fi
done

# planted CHECK FILE LINE...: the lines go to the end of the file (which may be new)
planted() {
	local check=$1 file=$2 before=
	shift 2
	n=$((n + 1))
	[ -f "$work/tree/$file" ] && before=$(base64 <"$work/tree/$file")
	printf '%s\n' "$@" >>"$work/tree/$file"
	if said=$("$here/$check.sh" "$work/tree" 2>&1); then
		echo "not ok $n - $check.sh does not see this in $file: $1"; rc=1
	elif [[ $said != *planted* ]]; then
		echo "not ok $n - $check.sh fails, but does not name what was planted in $file: $1"; rc=1
	else
		echo "ok $n - $check.sh sees this in $file: ${1:0:60}"
	fi
	if [ -n "$before" ]; then base64 -d <<<"$before" >"$work/tree/$file"; else rm -f "$work/tree/$file"; fi
}

planted words engine/base/planted.c 'const char *text = _("Nobody has planted this text in the template.");'
planted floors engine/base/planted.c '#include "engine/keys/planted.h"'
planted floors engine/keys/planted.c '#include "engine/card/planted.h"'
planted floors engine/card/planted.c '#include "engine/sim/planted.h"'
planted floors engine/sim/planted.c '#include "engine/keys/planted.h"'
planted floors engine/sim/planted.c '#include <sqlite3.h>'
planted floors store/planted.c '#include "engine/keys/planted.h"'
planted floors store/planted.c '#include "engine/base/file.h"'
planted floors store/planted.h '#include "engine/base/secret.h"'
planted floors engine/jobs/planted.c '#include "tui/wizard/planted.h"'
planted floors engine/jobs/planted.c '#include "engine/sim/planted.h"'
planted floors tui/wizard/planted.c '#include "tui/console/planted.h"'
planted floors tui/wizard/planted.c '#include <ncurses.h>'
planted floors tui/command/planted.c '#include "tui/console/planted.h"'
planted floors tui/console/planted.c '#include "tui/command/planted.h"'
planted floors tui/console/planted.c '#include <openssl/evp.h>'
planted floors tui/wizard/planted.c '#include <sqlite3.h>'
planted floors engine/jobs/planted.c '#include <winscard.h>'
planted floors engine/card/planted.c '#include <sys/socket.h>'
planted floors tui/planted.c 'int planted;'
planted floors engine/card/planted.c '#include "planted.h"'
touch "$work/tree/tui/console/planted_too.c"
printf '#include <curses.h>\n' >"$work/tree/tui/console/planted_too.c"
planted floors tui/console/planted.c '#include <ncurses.h>'
rm "$work/tree/tui/console/planted_too.c"
planted headers engine/base/planted.h '#ifndef ENGINE_BASE_PLANTED_H' '#define ENGINE_BASE_PLANTED_H' 'size_t planted(void);' '#endif'
planted headers engine/base/planted.h '#ifndef PLANTED_H' '#define PLANTED_H' '#endif'
planted form store/planted.c '/* TO''DO: finish */'
planted form store/planted.c 'int planted; '
planted form tui/wizard/planted.c "$(printf '/* %0132d */' 0)"
planted form engine/keys/planted.c '    int planted;'
mapfile -t many < <(yes 'int planted;' | head -501)
planted form engine/keys/planted.c "${many[@]}"
planted form engine/keys/planted.c 'int planted(void)' '{' "${many[@]:0:61}" '}'
planted form engine/keys/planted.c '	strcpy(a, b);'
planted form engine/keys/planted.c '	printf("%d", 1);'
planted form tests/planted.c '#include "planted.h"'
planted documents README.md 'Run `./dev planted`.'
planted documents HACKING.md '[planted](share/planted.md)'
planted documents tests/README.md 'Read planted.h.'
planted documents tests/repo/planted.py ''
echo "1..$n"
exit $rc
