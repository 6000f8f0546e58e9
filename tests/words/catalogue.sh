#!/bin/bash
# catalogue.sh ROOT FOLDER STAMP DEPFILE: the made-up language's catalogue in FOLDER, of all texts that the sources mark now.
set -euo pipefail
root=$1 folder=$2/pseudo/LC_MESSAGES
mkdir -p "$folder"
"$root/share/po/extract" tests/console | python3 "$root/tests/words/pseudo.py" >"$folder/keyroom.po"
msgfmt --check-format -o "$folder/keyroom.mo" "$folder/keyroom.po"
touch "$3"
# Made anew when a source changes or comes: the latter changes a meson.build.
{
	printf "%s:" "$3"
	find "$root/engine" "$root/store" "$root/tui" "$root/tests/console" "$root/share/po/extract" "$root/tests/words" \
		\( -name '*.[ch]' -o -name meson.build -o -name extract -o -name '*.py' -o -name '*.sh' \) -printf ' %p'
	echo
} >"$4"
