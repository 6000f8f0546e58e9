#!/bin/bash
# form.sh ROOT: nothing unfinished, nothing too long, no untidy lines.
set -uo pipefail
cd "$1" || exit 1
rc=0
bad() { echo "$*"; rc=1; }
code=$(find engine store tui tests -name '*.[ch]' | sort)
text=$({ ls ./*.md; find engine store tui tests share dev meson.build .ci \( -name "*.[ch]" -o -name "*.sh" -o -name "*.py" \
	-o -name "meson*" -o -name "*.[1-9]" -o -name dev -o -name run -o -name ceremony \) -type f; } | grep -v /corpus/ | sort)

# Written so that this file does not find itself.
unfinished=$(grep -nwE 'TO''DO|FIX''ME|X''XX|HA''CK|TB''D' $text) && bad "unfinished:"$'\n'"$unfinished"
blanks=$(grep -nE '[[:blank:]]$|'$'\r' $text) && bad "blanks at the end of a line:"$'\n'"$blanks"
for f in $text; do
	[ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || bad "$f: no newline at the end"
done
long=$(awk '{ l = $0; gsub(/\t/, "    ", l) } length(l) > 132 { print FILENAME ":" FNR ": " length(l) " columns" }' $code)
[ -z "$long" ] || bad "lines over 132 columns:"$'\n'"$long"
indent=$(grep -nE '^ {4,}[^ *]' $code) && bad "indented with blanks instead of tabs:"$'\n'"$indent"

files=$(awk 'FNR == 501 { print FILENAME ": more than 500 lines" }' $code)
[ -z "$files" ] || bad "$files"
functions=$(awk '
	FNR == 1 { start = 0 }
	/^\{/ || /^[A-Za-z_].*\).*\{[ \t]*$/ { start = FNR; next }
	/^\}/ && start { if (FNR - start > 60) print FILENAME ":" start ": a function of " FNR - start " lines, more than 60"; start = 0 }
' $code)
[ -z "$functions" ] || bad "$functions"

relative=$(grep -nE '^#[[:blank:]]*include "' $code | grep -vE 'include "(engine|store|tui|tests)/') && bad "not a path from the root:"$'\n'"$relative"

# Secrets are erased in a way that the compiler may not drop, and text never grows past its buffer.
unsafe=$(grep -nE '\b(strcpy|strcat|sprintf|gets|vsprintf|system|popen|tmpnam|mktemp|atoi)[[:blank:]]*\(' \
	$(grep -v '^tests/' <<<"$code")) && bad "not used here:"$'\n'"$unsafe"
printing=$(find engine store -name '*.c' ! -name '*_main.c' ! -path '*/keyroom_sim*' ! -path 'engine/sim/main.c' -exec \
	grep -nE '\b(printf|puts|fputs|putchar|perror|exit|_exit|abort)[[:blank:]]*\(' {} +) &&
	bad "engine/ and store/ neither print nor exit:"$'\n'"$printing"
exit $rc
