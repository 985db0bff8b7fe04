# SPDX-License-Identifier: ISC
# For `tests/run` and `contrib/try`: gets what tests/packages lists.  Wants $top, the source tree.

packages() { # KIND...: the names of these kinds
	for kind; do
		sed -n "s/^$kind //p" "$top/tests/packages"
	done
}

missing() { # KIND...: those of them that are not installed
	for name in $(packages "$@"); do
		case $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) in
		*" installed") ;;
		*) echo "$name" ;;
		esac
	done
}

update_index() { # of what apt can get; once a run
	[ -n "${index_updated-}" ] || apt-get update -qq
	index_updated=yes
}

install_packages() { # KIND...: installs what is missing; no service starts
	wanted=$(missing "$@")
	[ -n "$wanted" ] || return 0
	if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
		echo "$0: please install:" $wanted >&2
		return 1
	fi
	echo "installing:" $wanted
	update_index
	policy=/usr/sbin/policy-rc.d
	[ -e $policy ] && policy=
	if [ -n "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
	fi
	status=0
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted \
		>"$top/build/install.log" 2>&1 </dev/null || status=$?
	[ -z "$policy" ] || rm -f $policy
	case $wanted in
	*dovecot*) ! command -v systemctl >/dev/null ||
		systemctl disable --quiet dovecot.service dovecot.socket >/dev/null 2>&1 || : ;;
	esac
	[ $status = 0 ] || tail -n 20 "$top/build/install.log" >&2
	return $status
}

unpack_servers() { # into build/servers, when the list has changed since the last time
	servers=$top/build/servers
	wanted=$(packages unpack)
	[ "$(cat "$servers/list" 2>/dev/null)" != "$wanted" ] || return 0
	if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
		echo "$0: only root can fetch the servers; tests with them are skipped" >&2
		return 0
	fi
	echo "unpacking:" $wanted
	update_index
	rm -rf "$servers"
	mkdir -p "$servers/debs/partial"
	for name in $wanted; do
		apt-get install -y -qq --reinstall --download-only --no-install-recommends \
			-o APT::Sandbox::User=root -o Dir::Cache::archives="$servers/debs" "$name" \
			>"$top/build/unpack.log" 2>&1 </dev/null || {
			cat "$top/build/unpack.log" >&2
			return 1
		}
	done
	for deb in "$servers"/debs/*.deb; do
		dpkg-deb -x "$deb" "$servers"
	done
	rm -rf "$servers/debs"
	# Root starts them; set-id would only make them ignore LD_LIBRARY_PATH.
	find "$servers" -type f -perm /6000 -exec chmod ug-s {} +
	# Exim looks this name up before anything else.
	id Debian-exim >/dev/null 2>&1 || useradd --system --no-create-home \
		--home-dir /nonexistent --shell /usr/sbin/nologin Debian-exim
	echo "$wanted" >"$servers/list"
}

build() { # FOLDER CONFIGURE-OPTION...: builds out of tree in build/FOLDER
	folder=$top/build/$1
	shift
	mkdir -p "$folder"
	if [ ! -e "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
		(cd "$top" && autoreconf -i) >"$folder.log" 2>&1 || {
			tail -n 30 "$folder.log" >&2
			return 1
		}
	fi
	(
		cd "$folder" || exit 1
		{ [ -e Makefile ] && [ Makefile -nt "$top/configure" ]; } || "$top/configure" "$@" || exit 1
		make -j "$(nproc)"
	) >"$folder.log" 2>&1 || {
		tail -n 30 "$folder.log" >&2
		return 1
	}
}
