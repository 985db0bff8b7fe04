# SPDX-License-Identifier: ISC
"""Exim as a submission server: see servers.py."""

import os

import certs
from daemon import PROGRAMS, Daemon, answers, free_ports, need_user

CONFIG = """
exim_path = {program}
keep_environment = LD_LIBRARY_PATH
primary_hostname = exim.test
spool_directory = {folder}/spool
log_file_path = {folder}/spool/%slog
pid_file_path = {folder}/spool/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {starttls} : {implicit} : {off} : {data}
tls_on_connect_ports = {implicit}
tls_advertise_hosts = ${{if eq{{$received_port}}{{{off}}}{{}}{{*}}}}
tls_certificate = {cert}
tls_privatekey = {key}
tls_verify_certificates = {ca}
tls_try_verify_hosts = *
chunking_advertise_hosts = ${{if eq{{$received_port}}{{{data}}}{{}}{{*}}}}
pipelining_connect_advertise_hosts = *
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
message_size_limit = 110M
smtp_accept_max = 200
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
host_lookup =
rfc1413_query_timeout = 0s
deliver_drop_privilege = true
queue_run_in_order = true
remote_max_parallel = 1
acl_smtp_mail = mail
acl_smtp_rcpt = recipient
acl_smtp_data = content
never_users =

begin acl
mail:
  deny senders = refused@example.org
       message = 5.7.1 not you
  defer senders = deferred@example.org
       message = 4.7.1 not now
  accept
recipient:
  deny  recipients = refused@example.net
        message = 5.1.1 nobody of that name
  defer recipients = deferred@example.net
        message = 4.2.0 come back later
  accept authenticated = *
  deny message = 5.7.0 authentication required

# As Debian has it: what the smtp transport would not send on is not taken.
content:
  deny  condition = ${{if >{{$max_received_linelength}}{{998}}}}
        message = 5.6.0 a line has $max_received_linelength octets
  accept

begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = sink

begin transports
sink:
  driver = smtp
  protocol = lmtp
  port = {sink}
  allow_localhost
  hosts_avoid_tls = *
  hosts_try_chunking =
  max_rcpt = 0

begin retry
* * F,1h,10m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_advertise_condition = ${{if or{{{{def:tls_in_cipher}}{{eq{{$received_port}}{{{off}}}}}}}}}
  server_condition = ${{if eq{{$auth3}}{{${{lookup{{$auth2}}lsearch{{{folder}/users}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_advertise_condition = ${{if or{{{{def:tls_in_cipher}}{{eq{{$received_port}}{{{off}}}}}}}}}
  server_condition = ${{if eq{{$auth2}}{{${{lookup{{$auth1}}lsearch{{{folder}/users}}}}}}}}
  server_set_id = $auth1
# Who shows a certificate of our authority may ask for EXTERNAL, or is logged in at once where
# the port says so.
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = $tls_in_certificate_verified
  server_param2 = ${{certextract{{subj_altname,mail}}{{$tls_in_peercert}}}}
  server_condition = ${{if eq{{$auth2}}{{$auth1}}}}
  server_set_id = $auth1
{others}
"""

# The stronger mechanisms, by Dovecot.
BY_DOVECOT = """
{driver_name}:
  driver = dovecot
  public_name = {name}
  server_socket = {socket}
  server_set_id = $auth1
"""
PORTS = ("starttls", "implicit", "off", "data")


class Exim(Daemon):
    """.ports["starttls"], ["implicit"], ["off"], ["data"] (STARTTLS, without CHUNKING).  Offers CHUNKING
    and EXTERNAL.  Takes no line over 998 octets."""

    def __init__(self, sink_port, auth_socket, users):
        super().__init__("exim")
        program = PROGRAMS.find("/usr/sbin/exim4")
        owner = need_user("Debian-exim")
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.make_folder("spool", owner, 0o750)
        self.write("users", "".join('"%s": %s\n' % pair for pair in users.items()))
        good = certs.get("good")
        os.chown(good.key, owner.pw_uid, owner.pw_gid)
        others = "".join(
            BY_DOVECOT.format(driver_name=name.lower().replace("-", "_"), name=name,
                              socket=auth_socket)
            for name in ("CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"))
        self.write("conf", CONFIG.format(
            program=program, folder=self.folder, cert=good.cert, key=good.key, ca=good.ca,
            sink=sink_port, others=others, **self.ports), 0o644)
        self.spawn([program, "-C", self.path("conf"), "-bdf", "-q1h"],
                   lambda: answers(*self.ports.values()))
