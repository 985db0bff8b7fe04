# SPDX-License-Identifier: ISC
"""Dovecot as the SASL server of Postfix and Exim: passwords from a file, tokens from a stub."""

import http.server
import json
import os
import subprocess
import threading
import urllib.parse

from daemon import PROGRAMS, Daemon, need_user

CONFIG = """{databases}
base_dir = {folder}/run
log_path = {folder}/log
protocols =
ssl = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2
auth_failure_delay = 0
auth_verbose = yes
service auth {{
  client_limit = 1000
  unix_listener {folder}/auth.sock {{
    mode = 0666
  }}
}}
service anvil {{
  client_limit = 1100
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

# 2.4 has another syntax, and wants its version first.
DATABASES = {"2.3": """
passdb {{
  driver = passwd-file
  mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
  args = {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {folder}/oauth2
}}
userdb {{
  driver = static
  args = uid=8 gid=8 home=/nonexistent
}}
""", "2.4": """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
passdb passwd-file {{
  mechanisms_filter = plain login cram-md5 scram-sha-1 scram-sha-256
  passwd_file_path = {folder}/users
}}
passdb oauth2 {{
  mechanisms_filter = oauthbearer xoauth2
}}
oauth2 {{
{oauth2}
}}
userdb static {{
  fields {{
    uid = 8
    gid = 8
    home = /nonexistent
  }}
}}
"""}

OAUTH2 = """
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


class Issuer(http.server.BaseHTTPRequestHandler):
    """Token introspection (RFC 7662): says to whom a token belongs."""

    tokens = {}

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        user = self.tokens.get(form.get("token", [""])[0])
        body = json.dumps({"active": True, "username": user} if user else {"active": False})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Dovecot(Daemon):
    """users: {name: password}; tokens: {token: name}.  The socket is at .socket."""

    def __init__(self, users, tokens):
        super().__init__("dovecot")
        program = PROGRAMS.find("/usr/sbin/dovecot")
        Issuer.tokens = tokens
        self.issuer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
        threading.Thread(target=self.issuer.serve_forever, daemon=True).start()
        self.socket = self.path("auth.sock")
        internal = need_user("dovecot", "proxy")
        self.write("users", "".join("%s:{PLAIN}%s\n" % pair for pair in users.items()), 0o644)
        oauth2 = OAUTH2.format(port=self.issuer.server_port)
        self.write("oauth2", oauth2)
        version = subprocess.run([program, "--version"], capture_output=True, text=True,
                                 env=PROGRAMS.environment()).stdout[:3]
        self.write("conf", CONFIG.format(
            databases=DATABASES.get(version, DATABASES["2.4"]).format(folder=self.folder, oauth2=oauth2),
            folder=self.folder, internal=internal.pw_name, internal_group=internal.pw_name,
            login=need_user("dovenull", "nobody").pw_name))
        self.spawn([program, "-F", "-c", self.path("conf")],
                   lambda: os.path.exists(self.socket))
