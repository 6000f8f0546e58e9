# Completion for bash. What there is to complete comes from the program itself: keyroom --words prints a command a line,
# and "COMMAND<tab>--option[<tab>value]" for each of its options.
_keyroom()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} rows command="" word i
	rows=$("${COMP_WORDS[0]}" --words 2>/dev/null) || return
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-d | --device | --store | --confirm | --lock) ((i++)) ;;
		-*) ;;
		*) grep -qE "^${command:+$command }$word( |$)" <<<"$rows" && command+=${command:+ }$word ;;
		esac
	done
	local choices="--device --json --store --rehearse --confirm --lock --help --version"
	if [ -n "$command" ] && grep -qxF -- "$command" <<<"$rows"; then
		if grep -qE "^$command	$prev	value$" <<<"$rows"; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		choices+=" $(sed -nE "s/^$command\t(--[a-z-]+).*/\1/p" <<<"$rows" | tr '\n' ' ')"
	fi
	choices+=" $(sed -nE "s/^${command:+$command }([a-z-]+)( .*)?\$/\1/p" <<<"$rows" | sort -u | tr '\n' ' ')"
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	[[ $cur == -* || ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
complete -o filenames -F _keyroom keyroom
