#!/bin/bash
# lint.sh ROOT TOOL: shellcheck, mandoc or cppcheck over all that is theirs.
set -uo pipefail
cd "$1" || exit 1
case "$2" in
shellcheck)
	scripts=$(grep -lE '^#!/bin/(ba)?sh' -r dev .ci share tests | sort)
	# shellcheck disable=SC2086
	shellcheck -x -P SCRIPTDIR -e SC2015,SC2086,SC2038,SC2013,SC2046,SC2016,SC2317,SC2001 $scripts
	;;
mandoc)
	pages=$(find share/man -name '*.[1-9]')
	[ -n "$pages" ] || { echo "there is no manual page"; exit 1; }
	# "referenced manual not found" speaks of this machine, not of the page.
	said=$(for page in $pages; do mandoc -T lint -W warning "$page"; done | grep -v 'referenced manual not found')
	[ -z "$said" ] || { echo "$said"; exit 1; }
	;;
cppcheck)
	mkdir -p "${3:?a folder for what cppcheck remembers}"
	# It knows no cleanup attribute, and takes what another file fills for uninitialised: the sanitizers know better.
	cppcheck -q -j 2 --cppcheck-build-dir="$3" --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=shiftTooManyBitsSigned --suppress=internalAstError --suppress=memleak --suppress=uninitvar --suppress=legacyUninitvar --max-configs=1 -D_GNU_SOURCE -D__GNUC__ -I. engine store tui
	;;
esac
