" SPDX-License-Identifier: ISC
" Vim syntax file for sendoff.ini; the keys are those of sendoff.ini(5).
if exists('b:current_syntax')
	finish
endif
syntax case ignore

syntax match sendoffSection "^\s*\[[A-Za-z0-9_.@+*-]\+\]"
syntax match sendoffLine "^\s*[A-Za-z_]\+\s*=" contains=sendoffGlobal,sendoffAccount,sendoffSecret
syntax keyword sendoffGlobal contained account adminaddr aliases delay_after delivery domain
syntax keyword sendoffGlobal contained expire hostname log max_message_size postmaster queue
syntax keyword sendoffGlobal contained queue_dir queue_max retry_max retry_min sandbox state_dir
syntax keyword sendoffAccount contained auth connections dsn_notify dsn_return fallback from
syntax keyword sendoffAccount contained from_override full_name host match password_command
syntax keyword sendoffAccount contained password_file pipeconnect port provider proxy
syntax keyword sendoffAccount contained require_tls senders socket source_address timeout tls
syntax keyword sendoffAccount contained tls_cert tls_fingerprint tls_key tls_name tls_priority
syntax keyword sendoffAccount contained tls_resume tls_trust tls_verify user
syntax keyword sendoffSecret contained password

" A quoted value goes to the last same quote of the line; a comment begins a line or follows a blank.
syntax match sendoffString +\(=\s*\)\@<="[^"].*"+
syntax match sendoffString +\(=\s*\)\@<='[^'].*'+
syntax match sendoffWord "\(=\s*\)\@<=\(yes\|no\|auto\|none\|off\|starttls\|implicit\|system\|local\|interactive\|background\|queue\|syslog\|stderr\)\>"
syntax match sendoffNumber "\(=\s*\)\@<=\(\d\+[smhdwKMG]\?\)\+\>"
syntax match sendoffComment "\(^\|\s\)[;#].*$"

highlight default link sendoffSection Title
highlight default link sendoffGlobal Keyword
highlight default link sendoffAccount Identifier
highlight default link sendoffSecret WarningMsg
highlight default link sendoffString String
highlight default link sendoffWord Constant
highlight default link sendoffNumber Number
highlight default link sendoffComment Comment

let b:current_syntax = 'sendoff'
