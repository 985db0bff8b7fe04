# SPDX-License-Identifier: ISC
"""GnuTLS as the TLS server of smtpd.Server, by ctypes, for what Python's ssl module does not give:
the channel binding of TLS 1.3 (RFC 9266).

    Server(tls="starttls", context=gnutls.Context("good", "NORMAL:-VERS-ALL:+VERS-TLS1.3"), …)
"""

import ctypes
import select
import socket

import certs

SERVER, X509_PEM, CERTIFICATE = 1, 1, 1
BINDINGS = {"TLS1.2": (0, "tls-unique"), "TLS1.3": (2, "tls-exporter")}
AGAIN, INTERRUPTED, PREMATURE = -28, -52, -110


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


class Context:
    """A certificate of certs.py and a priority string."""

    sni_callback = None  # never called

    def __init__(self, kind="good", priority="NORMAL"):
        self.lib, files = ctypes.CDLL("libgnutls.so.30"), certs.get(kind)
        self.lib.gnutls_record_recv.restype = self.lib.gnutls_record_send.restype = ctypes.c_ssize_t
        self.lib.gnutls_cipher_get_name.restype = ctypes.c_char_p
        self.lib.gnutls_protocol_get_name.restype = ctypes.c_char_p
        self.priority, self.credentials = priority, ctypes.c_void_p()
        self.lib.gnutls_certificate_allocate_credentials(ctypes.byref(self.credentials))
        self.lib.gnutls_certificate_set_x509_key_file(
            self.credentials, files.cert.encode(), files.key.encode(), X509_PEM)

    def wrap_socket(self, sock, server_side=True, do_handshake_on_connect=False):
        return Socket(self, sock)


class Socket:
    """As much of ssl.SSLSocket as a session uses, and binding()."""

    session_reused = False

    def __init__(self, context, sock):
        self.lib, self.sock, self.session = context.lib, sock, ctypes.c_void_p()
        self.family = sock.family
        sock.setblocking(False)
        self.lib.gnutls_init(ctypes.byref(self.session), SERVER)
        self.lib.gnutls_priority_set_direct(self.session, context.priority.encode(), None)
        self.lib.gnutls_credentials_set(self.session, CERTIFICATE, context.credentials)
        self.lib.gnutls_transport_set_int2(self.session, sock.fileno(), sock.fileno())

    def call(self, function, *words):
        while (result := function(self.session, *words)) in (AGAIN, INTERRUPTED):
            writing = self.lib.gnutls_record_get_direction(self.session)
            ready = select.select([] if writing else [self.sock], [self.sock] if writing else [],
                                  [], 60)
            if not any(ready):
                raise TimeoutError("timed out")
        if result < 0 and result != PREMATURE:
            raise OSError("gnutls error %d" % result)
        return max(result, 0)

    def do_handshake(self):
        self.call(self.lib.gnutls_handshake)

    def recv(self, size):
        octets = ctypes.create_string_buffer(size)
        count = self.call(self.lib.gnutls_record_recv, octets, ctypes.c_size_t(size))
        return octets.raw[:count]

    def sendall(self, octets):
        octets = bytes(octets)
        while octets:
            sent = self.call(self.lib.gnutls_record_send, octets, ctypes.c_size_t(len(octets)))
            octets = octets[sent:]

    def version(self):
        return self.lib.gnutls_protocol_get_name(
            self.lib.gnutls_protocol_get_version(self.session)).decode()

    def cipher(self):
        return (self.lib.gnutls_cipher_get_name(self.lib.gnutls_cipher_get(self.session)).decode(),)

    def getpeercert(self, binary_form):
        return None

    def binding(self):
        """(name, octets) of the channel binding that fits the version."""
        kind, name = BINDINGS[self.version()]
        datum = Datum()
        if self.lib.gnutls_session_channel_binding(self.session, kind, ctypes.byref(datum)) < 0:
            raise OSError("no channel binding")
        return name, ctypes.string_at(datum.data, datum.size)

    def fileno(self):
        return self.sock.fileno()

    def setsockopt(self, *words):
        self.sock.setsockopt(*words)

    def close(self):
        try:
            self.lib.gnutls_bye(self.session, 1)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.lib.gnutls_deinit(self.session)
        self.sock.close()
