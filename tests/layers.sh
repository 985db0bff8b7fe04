#!/bin/sh
# SPDX-License-Identifier: ISC
# The rooms of src/ are layers: an #include may point down only, and each
# library is seen by the one file that wraps it.
set -eu
cd "${srcdir:-.}/src"

awk '
BEGIN {
	# A room may include itself and the rooms listed.
	may["base"] = "base"
	may["net"] = "net base"
	may["config"] = "config base"
	may["message"] = "message config base"
	may["smtp"] = "smtp message net config base"
	may["queue"] = "queue smtp message net config base"
	may["top"] = "top queue smtp message net config base"
	may["cli"] = "cli top queue smtp message net config base"
	may["main"] = "main cli top queue smtp message net config base"
	only["gnutls/"] = "net/tls.c net/tls_cert.c net/tls_cert.h net/tls_info.c net/tls_session.h net/ticket.c"
	only["gsasl.h"] = "smtp/auth.c smtp/credentials.c smtp/credentials.h smtp/oauth.c smtp/oauth.h"
	only["iniparser"] = "config/ini.c"
	only["idn2.h"] = "message/idna.c"
}
function room(path) {
	if (index(path, "/"))
		return substr(path, 1, index(path, "/") - 1)
	return path == "main.c" ? "main" : "top"
}
/^#[ ]*include/ {
	file = FILENAME
	sub(/^\.\//, "", file)
	target = $0
	sub(/^#[ ]*include[ ]*[<"]/, "", target)
	sub(/[>"].*/, "", target)
	for (library in only)
		if (index(target, library) == 1 && !index(" " only[library] " ", " " file " ")) {
			print file ": only " only[library] " may include " target
			bad = 1
		}
	if ($0 !~ /"/ || target == "config.h")
		next
	if (!index(" " may[room(file)] " ", " " room(target) " ")) {
		print file ": includes " target ", which is not below it"
		bad = 1
	}
}
END { exit bad }
' $(find . -name '*.[ch]')
