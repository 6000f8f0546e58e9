#!/bin/bash
# floors.sh ROOT: a file includes only what stands below it. The include graph is the architecture.
set -uo pipefail
cd "$1" || exit 1
rc=0
bad() { echo "$*"; rc=1; }

# floor of a file: what its quoted includes may begin with
floors() {
	cat <<-'TABLE'
		engine/base/   engine/base/
		engine/keys/   engine/base/ engine/keys/
		engine/card/   engine/base/ engine/keys/ engine/card/
		engine/sim/    engine/base/ engine/sim/
		store/         engine/base/ store/
		engine/jobs/   engine/base/ engine/keys/ engine/card/ store/ engine/jobs/
		tui/wizard/    engine/base/ engine/keys/ engine/card/ store/ engine/jobs/ tui/wizard/
		tui/command/   engine/base/ engine/keys/ engine/card/ store/ engine/jobs/ tui/wizard/ tui/command/
		tui/console/   engine/base/ engine/keys/ engine/card/ store/ engine/jobs/ tui/wizard/ tui/console/
		tui/main.c     engine/ store/ tui/
	TABLE
}

# system header (extended regular expression): where it may stand
libraries() {
	cat <<-'TABLE'
		^n?curses|^ncursesw/|^panel\.h|^term\.h|^menu\.h  tui/console/
		^sqlite3\.h                                       store/
		^winscard|^PCSC/|^reader\.h|^ifdhandler\.h        engine/card/
		^openssl/                                         engine/ store/
		^pthread\.h|^threads\.h                           engine/ store/ tui/
		^json                                             tui/ store/
		^sys/socket\.h|^netinet/|^arpa/|^netdb\.h         engine/sim/ engine/base/harden.c
	TABLE
}

sources=$(find engine store tui -name '*.[ch]' | sort)
[ -n "$sources" ] || bad "no source file under $1"
quoted=$(grep -HoE '^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*"[^"]*"' $sources /dev/null | sed -E 's/^([^:]*):.*"([^"]*)"$/\1 \2/')
system=$(grep -HoE '^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*<[^>]*>' $sources /dev/null | sed -E 's/^([^:]*):.*<([^>]*)>$/\1 \2/')

begins() { # begins PATH PREFIX...
	local path=$1 p
	shift
	for p in "$@"; do [[ $path == "$p"* ]] && return 0; done
	return 1
}

for f in $sources; do
	# shellcheck disable=SC2046
	begins "$f" $(floors | awk '{print $1}') || bad "$f stands on no floor"
done

while read -r file header; do
	[ -n "$file" ] || continue
	[ -f "$header" ] || bad "$file includes $header, which is not a path from the root"
	allowed=$(floors | while read -r floor rest; do
		begins "$file" "$floor" && echo "$rest"
	done)
	# shellcheck disable=SC2086
	begins "$header" $allowed || bad "$file includes $header, which does not stand below it"
done <<<"$quoted"

while read -r file header; do
	[ -n "$file" ] || continue
	while read -r pattern places; do
		[[ $header =~ $pattern ]] || continue
		# shellcheck disable=SC2086
		begins "$file" $places || bad "$file includes <$header>, which belongs to $places"
	done < <(libraries)
done <<<"$system"

screens=$(awk '$2 ~ /^n?curses|^ncursesw\// {print $1}' <<<"$system" | sort -u)
[ "$(wc -w <<<"$screens")" -le 1 ] || bad "ncurses is included in more than one file:" $screens

# Who picks the source of readers: main.c and nobody else (engine/card and engine/sim make them).
while read -r file header; do
	case "$header $file" in
	"engine/card/pcsc.h engine/card/"* | "engine/card/pcsc.h tui/main.c") ;;
	"engine/card/pcsc.h "*) bad "$file names PC/SC, which only tui/main.c may" ;;
	esac
done <<<"$quoted"

# store must not see secrets, whatever pulls them in.
reached=$(awk '
	function walk(f,   i) {
		if (seen[f]++) return
		if (f == "engine/base/secret.h") { print start " reaches engine/base/secret.h through " via; return }
		for (i = 1; i <= n[f]; i++) { via = f; walk(to[f, i]) }
	}
	{ to[$1, ++n[$1]] = $2; if ($1 ~ /^store\//) starts[$1] }
	END { for (start in starts) { split("", seen); walk(start) } }
' <<<"$quoted")
[ -z "$reached" ] || bad "$reached"
exit $rc
