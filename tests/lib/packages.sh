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

apt_get() { # COMMAND...: asks nothing, tries again where the network fails
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 "$@"
}

update_index() { # of what apt can get; once a run
	[ -n "${index_updated-}" ] || apt_get update
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
	apt_get install -y --no-install-recommends $wanted \
		>"$top/build/install.log" 2>&1 </dev/null || status=$?
	[ -z "$policy" ] || rm -f $policy
	case $wanted in
	*dovecot*) ! command -v systemctl >/dev/null ||
		systemctl disable --quiet dovecot.service dovecot.socket >/dev/null 2>&1 || : ;;
	esac
	[ $status = 0 ] || tail -n 20 "$top/build/install.log" >&2
	return $status
}

fetch() { # FOLDER NAME...: their .deb files and those of what they depend on
	into=$1
	shift
	apt_get install -y --reinstall --download-only --no-install-recommends \
		-o APT::Sandbox::User=root -o Dir::Cache::archives="$into" "$@" \
		>"$top/build/unpack.log" 2>&1 </dev/null || {
		cat "$top/build/unpack.log" >&2
		return 1
	}
}

must_unpack() { # FOLDER LIST: has the list changed since the last time, and can it be had?
	[ "$(cat "$1/list" 2>/dev/null)" != "$2" ] || return 1
	if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
		echo "$0: only root can fetch what goes into $1; tests with it are skipped" >&2
		return 1
	fi
	echo "unpacking:" $2
	update_index
	rm -rf "$1"
	mkdir -p "$1/debs/partial"
}

unpack_servers() { # into build/servers
	servers=$top/build/servers
	wanted=$(packages unpack)
	must_unpack "$servers" "$wanted" || return 0
	for name in $wanted; do
		fetch "$servers/debs" "$name" || return 1
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

unpack_flushers() { # into build/flushers: what the benchmark compares
	flushers=$top/build/flushers
	wanted=$(packages flusher)
	must_unpack "$flushers" "$wanted" || return 0
	(cd "$flushers/debs" && apt-get download -qq -o APT::Sandbox::User=root $wanted) || return 1
	for deb in "$flushers"/debs/*.deb; do
		dpkg-deb -x "$deb" "$flushers"
	done
	(cd "$flushers/debs" && ls -- *.deb) >"$flushers/versions"
	rm -rf "$flushers/debs"
	echo "$wanted" >"$flushers/list"
}

merge_usr() { # TREE: it is laid over /, where these are links
	for folder in bin sbin lib; do
		[ ! -d "$1/$folder" ] || {
			mkdir -p "$1/usr/$folder"
			cp -a "$1/$folder/." "$1/usr/$folder/" && rm -r "${1:?}/$folder"
		}
	done
}

unpack_peers() { # into build/peers/NAME: they all have a sendmail
	peers=$top/build/peers
	wanted=$(packages peer)
	must_unpack "$peers" "$wanted" || return 0
	for name in $wanted; do
		fetch "$peers/debs" "$name" || return 1
		for deb in "$peers"/debs/*.deb; do
			dpkg-deb -x "$deb" "$peers/$name"
		done
		rm -f "$peers"/debs/*.deb
		merge_usr "$peers/$name"
	done
	rm -r "$peers/debs"
	echo "$wanted" >"$peers/list"
}

unpack_callers() { # into build/callers, without the mail servers that some depend on
	callers=$top/build/callers
	wanted=$(packages caller)
	must_unpack "$callers" "$wanted" || return 0
	# shellcheck disable=SC2086
	fetch "$callers/debs" $wanted || return 1
	rm -f "$callers"/debs/sendmail*.deb "$callers"/debs/exim*.deb "$callers"/debs/postfix*.deb
	for deb in "$callers"/debs/*.deb; do
		dpkg-deb -x "$deb" "$callers"
	done
	rm -rf "$callers/debs"
	merge_usr "$callers"
	if command -v npm >/dev/null; then
		npm install --silent --no-audit --no-fund --prefix "$callers/usr/local" nodemailer >/dev/null 2>&1 ||
			echo "$0: no nodemailer from npm; its test is skipped" >&2
	fi
	echo "$wanted" >"$callers/list"
}

build() { # FOLDER CONFIGURE-OPTION...: builds out of tree in FOLDER, below build/ if it is relative
	case $1 in
	/*) folder=$1 ;;
	*) folder=$top/build/$1 ;;
	esac
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
