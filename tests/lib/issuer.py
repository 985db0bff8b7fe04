# SPDX-License-Identifier: ISC
"""An OAuth2 issuer on loopback for tests: discovery, device codes, PKCE, refresh with rotation.

    with Issuer() as issuer:
        issuer.url, issuer.issued, issuer.renewals
        issuer.approve()            the user has entered the device code
        issuer.refusal = "invalid_grant"     what a refresh gets from now on
"""

import base64
import hashlib
import http.server
import json
import threading
import time
import urllib.parse

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Request(http.server.BaseHTTPRequestHandler):
    def answer(self, status, found):
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # noqa: N802
        issuer = self.server.issuer
        path, _, query = self.path.partition("?")
        if path == "/.well-known/openid-configuration":
            self.answer(200, {"authorization_endpoint": issuer.url + "/authorize", "token_endpoint": issuer.url + "/token",
                              "device_authorization_endpoint": issuer.url + "/device"})
        elif path == "/authorize":
            self.send_response(302)
            self.send_header("Location", issuer.authorize(dict(urllib.parse.parse_qsl(query))))
            self.end_headers()
        else:
            self.answer(404, {})

    def do_POST(self):  # noqa: N802
        issuer = self.server.issuer
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body))
        with issuer.lock:
            issuer.forms.append(form)
            self.answer(*(issuer.device() if self.path == "/device" else issuer.token(form)))

    def log_message(self, *_):
        pass


class Issuer:
    def __init__(self, expires_in=3600):
        self.expires_in = expires_in
        self.lock = threading.RLock()
        self.forms = []  # everything that was posted
        self.issued = []  # access tokens, the newest last
        self.renewals, self.refresh_token = 0, None
        self.approved, self.refusal, self.delay = False, None, 0
        self.challenge = self.redirect = None
        self.on_issue = lambda token: None
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.http.issuer = self
        self.url = "http://127.0.0.1:%d" % self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def approve(self):
        with self.lock:
            self.approved = True

    def authorize(self, query):
        """Where the browser is sent; this user always agrees unless there is a refusal."""
        self.challenge, self.redirect = query["code_challenge"], query["redirect_uri"]
        back = {"state": query["state"]}
        back.update({"error": self.refusal} if self.refusal else {"code": "the-code"})
        return self.redirect + "?" + urllib.parse.urlencode(back)

    def device(self):
        return 200, {"device_code": "the-device", "user_code": "WDJB-MJHT", "interval": 0.05,
                     "verification_uri": self.url + "/activate", "expires_in": 60}

    def token(self, form):
        """Status and answer of the token endpoint."""
        kind = form["grant_type"]
        if kind == DEVICE_GRANT:
            if self.refusal:
                return 400, {"error": self.refusal}
            return self.issue() if self.approved else (400, {"error": "authorization_pending"})
        if kind == "authorization_code":
            digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
            right = (digest.decode().rstrip("=") == self.challenge and form["code"] == "the-code" and
                     form["redirect_uri"] == self.redirect)
            return self.issue() if right else (400, {"error": "invalid_grant"})
        if self.refusal:
            return 400, {"error": self.refusal, "error_description": "the grant\nhas ended"}
        if form["refresh_token"] != self.refresh_token:
            return 400, {"error": "invalid_grant"}
        self.renewals += 1
        time.sleep(self.delay)
        return self.issue()

    def issue(self):
        self.issued.append("access-%d" % (len(self.issued) + 1))
        self.refresh_token = "refresh-%d" % len(self.issued)
        self.on_issue(self.issued[-1])
        return 200, {"access_token": self.issued[-1], "refresh_token": self.refresh_token,
                     "token_type": "Bearer", "expires_in": self.expires_in}

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
