# SPDX-License-Identifier: ISC
"""Postfix as a submission server: see servers.py."""

import grp
import os
import subprocess

import certs
from daemon import PROGRAMS, Daemon, answers, free_ports, need_user

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
daemon_directory = {lib}/sbin
command_directory = {commands}
shlib_directory = {lib}
meta_directory = {folder}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
import_environment = LD_LIBRARY_PATH SASL_PATH MAIL_CONFIG KRB5_CONFIG KRB5_KTNAME KRB5RCACHENAME
mail_owner = {owner}
setgid_group = {setgid}
default_privs = nobody
myhostname = postfix.test
myorigin = postfix.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
alias_maps =
alias_database =
# Everything goes to the sink, as it came.
default_transport = lmtp:inet:127.0.0.1:{sink}
local_transport = $default_transport
local_header_rewrite_clients =
append_dot_mydomain = no
append_at_myorigin = no
lmtp_line_length_limit = 0
lmtp_destination_recipient_limit = 10000
lmtp_discard_lhlo_keywords =
message_size_limit = 110000000
mailbox_size_limit = 0
smtputf8_autodetect_classes = all
minimal_backoff_time = 300s
smtpd_delay_reject = no
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 100
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_session_cache_database = btree:{folder}/data/smtpd_scache
smtpd_tls_loglevel = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
cyrus_sasl_config_path = {folder}/sasl
smtpd_relay_restrictions =
  check_recipient_access inline:{{
    {{ refused@example.net = 550 5.1.1 nobody of that name }},
    {{ deferred@example.net = 450 4.2.0 come back later }} }},
  permit_sasl_authenticated, permit_tls_all_clientcerts, reject
smtpd_recipient_restrictions =
smtpd_sender_restrictions = check_sender_access inline:{{
    {{ refused@example.org = 550 5.7.1 not you }},
    {{ deferred@example.org = 450 4.7.1 not now }} }}
"""

# The submission services: port, then what differs from main.cf.
SERVICES = """
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{implicit} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:{off} inet n - n - - smtpd
  -o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no
127.0.0.1:{cyrus} inet n - n - - smtpd
  -o smtpd_sasl_type=cyrus -o smtpd_sasl_path=smtpd -o smtpd_sasl_local_domain=example.org
  -o smtpd_sasl_security_options=
127.0.0.1:{certificate} inet n - n - - smtpd
  -o smtpd_tls_ask_ccert=yes -o smtpd_sasl_auth_enable=no
127.0.0.1:{normalize} inet n - n - - smtpd
  -o smtpd_forbid_bare_newline=normalize -o smtpd_forbid_bare_newline_exclusions=
  -o smtpd_discard_ehlo_keywords=chunking
127.0.0.1:{reject} inet n - n - - smtpd
  -o smtpd_forbid_bare_newline=reject -o smtpd_forbid_bare_newline_exclusions=
  -o smtpd_discard_ehlo_keywords=chunking
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
CYRUS = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/sasl/sasldb
mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 DIGEST-MD5 NTLM ANONYMOUS GSSAPI
"""
PORTS = ("starttls", "implicit", "off", "cyrus", "certificate", "normalize", "reject")


class Postfix(Daemon):
    """.ports["starttls"], ["implicit"], ["off"]; "cyrus" and "certificate" ask differently who is
    there, both over STARTTLS; "normalize" and "reject" say what becomes of bare LF, both over STARTTLS
    and without CHUNKING."""

    def __init__(self, sink_port, auth_socket, users, kerberos):
        super().__init__("postfix")
        master = PROGRAMS.find("/usr/lib/postfix/sbin/master")
        # Accounts that every Debian has and nothing else uses, where Postfix has not made its own.
        owner = need_user("postfix", "uucp")
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.make_spool(owner)
        self.write("sasl/smtpd.conf", CYRUS.format(folder=self.folder))
        for user, password in users.items():
            make_user(self.path("sasl/sasldb"), user, password)
        os.chown(self.path("sasl/sasldb"), owner.pw_uid, owner.pw_gid)
        good = certs.get("good")
        self.write("main.cf", MAIN.format(
            folder=self.folder, lib=os.path.dirname(os.path.dirname(master)),
            commands=os.path.dirname(PROGRAMS.find("/usr/sbin/postconf")), owner=owner.pw_name,
            setgid=self.setgid_group(), sink=sink_port, auth=auth_socket, cert=good.cert,
            key=good.key, ca=good.ca))
        self.write("master.cf", SERVICES.format(**self.ports))
        self.spawn([master, "-c", self.folder, "-s"], lambda: answers(*self.ports.values()),
                   env=dict(kerberos.environment, MAIL_CONFIG=self.folder))

    def setgid_group(self):
        try:
            return grp.getgrnam("postdrop").gr_name
        except KeyError:
            return "news"

    def make_spool(self, owner):
        self.make_folder("spool", mode=0o755)
        self.make_folder("spool/pid", mode=0o755)
        self.make_folder("sasl", mode=0o755)
        self.make_folder("data", owner)
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
                     "incoming", "maildrop", "private", "public", "saved", "trace"):
            self.make_folder("spool/" + name, owner)


def make_user(database, user, password):
    """Adds user@realm to a sasldb of Cyrus SASL."""
    name, _, realm = user.partition("@")
    subprocess.run([PROGRAMS.find("/usr/sbin/saslpasswd2"), "-p", "-c", "-f", database, "-u", realm,
                    name], input=password, text=True, check=True, env=PROGRAMS.environment())
