# SPDX-License-Identifier: ISC
# fish completion; goes to /usr/share/fish/vendor_completions.d

function __sendoff_accounts
    sendoff config show 2>/dev/null | string replace -rf '^\[(.*)\]$' '$1' | string match -v sendoff
end

function __sendoff_ids
    sendoff queue list --json 2>/dev/null | string replace -rf '.*"id":"([^"]*)".*' '$1'
end

# Is this the command, and no word of its own behind it yet?
function __sendoff_command
    set -l words (commandline -opc)
    test (count $words) -eq 2; and contains -- $words[2] $argv
end

# Do these words stand behind the program's name?
function __sendoff_within
    set -l words (commandline -opc)
    set -l end (math 1 + (count $argv))
    test (count $words) -ge $end; and test "$words[2..$end]" = "$argv"
end

complete -c sendoff -f
complete -c sendoff -n __fish_use_subcommand -a send -d 'send a message, as sendmail does'
complete -c sendoff -n __fish_use_subcommand -a setup -d 'make a configuration that works'
complete -c sendoff -n __fish_use_subcommand -a check -d 'try the configuration step by step'
complete -c sendoff -n __fish_use_subcommand -a queue -d 'the queued messages'
complete -c sendoff -n __fish_use_subcommand -a config -d 'the configuration in effect'
complete -c sendoff -n '__fish_use_subcommand; or __sendoff_within send' -l version -d 'show versions'
complete -c sendoff -l help -d 'show help'
complete -c sendoff -n 'not __fish_use_subcommand' -o C -r -F -d 'configuration file'

complete -c sendoff -n '__sendoff_within setup' -l address -x -d 'mail address'
complete -c sendoff -n '__sendoff_within setup' -l host -x -d server
complete -c sendoff -n '__sendoff_within setup' -l port -x -d port
complete -c sendoff -n '__sendoff_within setup' -l tls -x -a 'starttls implicit off' -d encryption
complete -c sendoff -n '__sendoff_within setup' -l user -x -d login
complete -c sendoff -n '__sendoff_within setup' -l password-command -x -d 'prints the secret'
complete -c sendoff -n '__sendoff_within setup' -l queue -d 'make a queue'
complete -c sendoff -n '__sendoff_within setup' -l force -d overwrite

complete -c sendoff -n '__sendoff_within check' -o a -x -a '(__sendoff_accounts)' -d account
complete -c sendoff -n '__sendoff_within check' -l rcpt -x -d 'ask about a recipient'
complete -c sendoff -n '__sendoff_within check' -l vrfy -x -d 'ask about an address'
complete -c sendoff -n '__sendoff_within check' -l server-help -d 'ask for the help of the server'
complete -c sendoff -n '__sendoff_within check' -l offline -d 'no connection'
complete -c sendoff -n '__sendoff_within check' -l json -d 'an object a line'

complete -c sendoff -n '__sendoff_command queue' -a list -d 'the queued messages'
complete -c sendoff -n '__sendoff_command queue' -a run -d 'try what is due, or everything'
complete -c sendoff -n '__sendoff_command queue' -a show -d 'one message'
complete -c sendoff -n '__sendoff_command queue' -a remove -d 'drop messages'
complete -c sendoff -n '__sendoff_command queue' -a hold -d 'keep messages from being tried'
complete -c sendoff -n '__sendoff_command queue' -a release -d 'let them go again'
complete -c sendoff -n '__sendoff_command queue; or __sendoff_within queue list' -l json -d 'an object a line'
complete -c sendoff -n '__sendoff_within queue run' -l all -d everything
complete -c sendoff -n '__sendoff_within queue run' -l account -x -a '(__sendoff_accounts)' -d 'only this one'
complete -c sendoff -n '__sendoff_within queue run' -l every -x -a '1m 5m 15m 1h' -d 'again and again'
for command in show remove hold release
    complete -c sendoff -n "__sendoff_within queue $command" -a '(__sendoff_ids)'
end

complete -c sendoff -n '__sendoff_command config' -a show -d 'the configuration in effect'
complete -c sendoff -n '__sendoff_command config' -a lint -d 'every problem of the files'
complete -c sendoff -n '__sendoff_command config' -a import -d "make one from another program's"
complete -c sendoff -n '__sendoff_command config; or __sendoff_within config show' -l path -d 'the files it was read from'
complete -c sendoff -n '__sendoff_within config import' -F

complete -c sendoff -n '__sendoff_within send' -l dry-run -d 'print what would be sent'
complete -c sendoff -n '__sendoff_within send' -l offers -x -a '8BITMIME SMTPUTF8 CHUNKING' -d 'what the server offers'

function __sendoff_sendmail
    complete $argv -o t -d 'recipients from To, Cc and Bcc'
    complete $argv -o i -d 'a line of one dot does not end the message'
    complete $argv -o f -x -d 'envelope sender'
    complete $argv -o r -x -d 'envelope sender'
    complete $argv -o F -x -d 'full name'
    complete $argv -o bm -d 'deliver a message'
    complete $argv -o ba -d 'deliver a message'
    complete $argv -o bs -d 'SMTP on standard input and output'
    complete $argv -o bp -d 'list the queue'
    complete $argv -o bi -d 'check the alias file'
    complete $argv -o bv -d 'show where each recipient would go'
    complete $argv -o I -d 'check the alias file'
    complete $argv -o q -d 'run the queue'
    complete $argv -o oi -d 'a line of one dot does not end the message'
    complete $argv -o oep -d 'errors: print'
    complete $argv -o oem -d 'errors: mail to the sender'
    complete $argv -o oee -d 'errors: mail, exit 0'
    complete $argv -o oeq -d 'errors: exit status only'
    complete $argv -o em -d 'errors: mail to the sender'
    complete $argv -o eq -d 'errors: exit status only'
    complete $argv -o odi -d 'deliver now'
    complete $argv -o odb -d 'deliver in the background'
    complete $argv -o odq -d 'queue only'
    complete $argv -o ov -d verbose
    complete $argv -o O -x -a 'IgnoreDots= ErrorMode= DeliveryMode= Verbose=' -d setting
    complete $argv -o B -x -a '7BIT 8BITMIME' -d 'body type'
    complete $argv -o N -x -a 'never success failure delay' -d reports
    complete $argv -o R -x -a 'full hdrs' -d 'what a report returns'
    complete $argv -o V -x -d 'envelope id'
    complete $argv -o v -d 'show the dialogue'
    complete $argv -o a -x -a '(__sendoff_accounts)' -d account
    complete $argv -l account -x -a '(__sendoff_accounts)' -d account
    complete $argv -o n -d 'no alias expansion'
    complete $argv -o L -x -d 'tag in syslog'
end

__sendoff_sendmail -c sendoff -n '__sendoff_within send'
__sendoff_sendmail -c sendmail
complete -c sendmail -o C -r -F -d 'configuration file'
complete -c sendmail -l help -d 'show help'
complete -c sendmail -l version -d 'show versions'
functions -e __sendoff_sendmail
