# SPDX-License-Identifier: ISC
# bash completion for sendoff and sendmail; goes to /usr/share/bash-completion/completions/sendoff

_sendoff_accounts() {
	sendoff config show 2>/dev/null | sed -n 's/^\[\(.*\)\]$/\1/p' | grep -vx sendoff
}

_sendoff_ids() {
	sendoff queue list --json 2>/dev/null | sed -n 's/.*"id":"\([^"]*\)".*/\1/p'
}

_sendoff_offer() { # WORDS…: those that begin with what was typed
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

# What an option's value may be; false where the word before is no such option.
_sendoff_value() {
	case $1 in
	-C | --password-command) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	-a | --account) _sendoff_offer "$(_sendoff_accounts)" ;;
	--tls) _sendoff_offer starttls implicit off ;;
	--offers) _sendoff_offer 8BITMIME SMTPUTF8 CHUNKING ;;
	--every) _sendoff_offer 1m 5m 15m 1h ;;
	--address | --host | --port | --user | --rcpt | --vrfy) ;;
	-B) _sendoff_offer 7BIT 8BITMIME ;;
	-N) _sendoff_offer never success failure delay ;;
	-R) _sendoff_offer full hdrs ;;
	-f | -r | -F | -V | -L) ;;
	*) return 1 ;;
	esac
}

_sendoff_sendmail_options="-t -i -f -r -F -bm -ba -bs -bp -bi -bv -I -q -oi -oep -oem -oee -oeq -odi -odb -odq -ov
	-O -em -eq -B -N -R -V -v -C -a --account= -n -L --help --version"

_sendoff_queue() {
	case ${COMP_WORDS[2]} in
	run) _sendoff_offer --all --account --every -C --help ;;
	show | remove | hold | release) _sendoff_offer "$(_sendoff_ids)" -C --help ;;
	list | --json) _sendoff_offer --json -C --help ;;
	*) _sendoff_offer list run show remove hold release --json -C --help ;;
	esac
}

_sendoff_config() {
	case ${COMP_WORDS[2]} in
	import) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	show) _sendoff_offer --path -C --help ;;
	lint | --path) _sendoff_offer -C --help ;;
	*) _sendoff_offer show lint import --path -C --help ;;
	esac
}

_sendoff() {
	local cur=$2
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_sendoff_offer send setup check queue config --help --version
		return
	fi
	_sendoff_value "$3" && return
	[ "$COMP_CWORD" -gt 2 ] || COMP_WORDS[2]=
	case ${COMP_WORDS[1]} in
	send) _sendoff_offer --dry-run --offers= "$_sendoff_sendmail_options" ;;
	setup) _sendoff_offer --address --host --port --tls --user --password-command --queue --force -C --help ;;
	check) _sendoff_offer -a --rcpt --vrfy --server-help --offline --json -C --help ;;
	queue) _sendoff_queue ;;
	config) _sendoff_config ;;
	esac
}

_sendoff_sendmail() {
	local cur=$2
	COMPREPLY=()
	_sendoff_value "$3" || _sendoff_offer "$_sendoff_sendmail_options"
}

complete -o default -F _sendoff sendoff
complete -o default -F _sendoff_sendmail sendmail
