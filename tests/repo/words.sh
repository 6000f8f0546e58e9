#!/bin/bash
# words.sh ROOT: share/po/keyroom.pot has the texts that the sources mark now, and every language goes with it.
set -uo pipefail
cd "$1" || exit 1
rc=0
diff -u share/po/keyroom.pot <(share/po/extract) || { echo 'share/po/keyroom.pot is out of date: "./dev words" makes it anew'; rc=1; }
msgfmt --check-format -o /dev/null share/po/keyroom.pot || rc=1
while read -r language; do
	msgfmt --check -o /dev/null "share/po/$language.po" || rc=1
done < <(grep -vE '^(#|$)' share/po/LINGUAS)
exit $rc
