#!/bin/bash
# floors.sh ROOT: a file includes only what stands below it. The include graph is the architecture.
set -uo pipefail
cd "$1" || exit 1

# floor: what its quoted includes may begin with
floors='
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
'
# system header (a regular expression): where it may stand
libraries='
^n?curses|^ncursesw/|^panel[.]h|^term[.]h|^menu[.]h  tui/console/
^qrencode[.]h                                        tui/console/
^sqlite3[.]h                                         store/
^winscard|^PCSC/|^reader[.]h|^ifdhandler[.]h         engine/card/
^openssl/                                            engine/ store/
^json                                                tui/
^sys/socket[.]h|^netinet/|^arpa/|^netdb[.]h          engine/sim/ engine/base/harden.c
'
sources=$(find engine store tui -name '*.[ch]' | sort)
[ -n "$sources" ] || { echo "no source file under $1"; exit 1; }

FLOORS=$floors LIBRARIES=$libraries awk '
	function bad(what) { print what; failed = 1 }
	function begins(path, list,   i, n, part) {
		n = split(list, part, " ")
		for (i = 1; i <= n; i++) if (index(path, part[i]) == 1) return 1
		return 0
	}
	function rest(line) { sub(/^[^ ]+ +/, "", line); return line }
	function walk(f,   i) { # what store can see, whoever pulls it in
		if (seen[f]++) return
		if (f == "engine/base/secret.h") { bad(start " reaches " f " through " via); return }
		for (i = 1; i <= edges[f]; i++) { via = f; walk(edge[f, i]) }
	}
	BEGIN {
		n_floors = split(ENVIRON["FLOORS"], floor, "\n")
		n_libraries = split(ENVIRON["LIBRARIES"], library, "\n")
	}
	FNR == 1 {
		allowed = ""
		for (i = 1; i <= n_floors; i++) {
			split(floor[i], column, " ")
			if (floor[i] != "" && index(FILENAME, column[1]) == 1) allowed = rest(floor[i])
		}
		if (allowed == "") bad(FILENAME " stands on no floor")
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		header = quoted[2]
		edge[FILENAME, ++edges[FILENAME]] = header
		if ((getline probe < header) < 0) bad(FILENAME " includes " header ", which is not a path from the root")
		close(header)
		if (!begins(header, allowed)) bad(FILENAME " includes " header ", which does not stand below it")
		# Who picks the source of readers: main.c and nobody else.
		if (header == "engine/card/pcsc.h" && !begins(FILENAME, "engine/card/ tui/main.c"))
			bad(FILENAME " names PC/SC, which only tui/main.c may")
	}
	/^[ \t]*#[ \t]*include[ \t]*</ {
		header = $0
		gsub(/^[^<]*<|>.*$/, "", header)
		for (i = 1; i <= n_libraries; i++) {
			split(library[i], column, " ")
			if (library[i] != "" && header ~ column[1] && !begins(FILENAME, rest(library[i])))
				bad(FILENAME " includes <" header ">, which belongs to " rest(library[i]))
		}
		if (header ~ /^n?curses|^ncursesw\// && !(FILENAME in screen)) { screen[FILENAME]; screens = screens " " FILENAME; n_screens++ }
	}
	END {
		if (n_screens > 1) bad("ncurses is included in more than one file:" screens)
		for (key in edges) if (index(key, "store/") == 1) { start = key; via = key; split("", seen); walk(key) }
		exit failed
	}
' $sources
