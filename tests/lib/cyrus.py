# SPDX-License-Identifier: ISC
"""Cyrus SASL's server side for smtpd.Server, by ctypes: a real implementation of the mechanisms
that are bound to the TLS channel, which no mail server of Debian 12 offers.

    Server(sasl=cyrus.Sasl(users), mechanisms=["SCRAM-SHA-256-PLUS"], users=users, …)
"""

import base64
import ctypes
import glob
import tempfile
import threading
import unittest

from daemon import PROGRAMS
from postfix import make_user
from saslserver import Cancelled, decode

SASL_OK, SASL_CONTINUE = 0, 1
SASL_USERNAME, SASL_CHANNEL_BINDING = 0, 21
SASL_CB_LIST_END, SASL_CB_GETOPT = 0, 1
SASL_SUCCESS_DATA = 4
GETOPT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
                          ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_uint))


class Callback(ctypes.Structure):
    _fields_ = [("id", ctypes.c_ulong), ("proc", ctypes.c_void_p), ("context", ctypes.c_void_p)]


class ChannelBinding(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("critical", ctypes.c_int), ("len", ctypes.c_ulong),
                ("data", ctypes.c_char_p)]


def library():
    """libsasl2, its plug-ins from where they are."""
    found = glob.glob(PROGRAMS.root + "/usr/lib/*-linux-gnu/libsasl2.so.2")
    try:
        lib = ctypes.CDLL((found or ["libsasl2.so.2"])[0])
    except OSError:
        raise unittest.SkipTest("not installed: libsasl2") from None
    plugins = PROGRAMS.environment()["SASL_PATH"].encode()
    lib.sasl_set_path(0, ctypes.create_string_buffer(plugins))
    return lib


class Sasl:
    """users: {user@realm: password}."""

    lock = threading.Lock()
    lib = None

    def __init__(self, users):
        self.folder = tempfile.TemporaryDirectory(prefix="sendoff-sasl-")
        database = self.folder.name + "/sasldb"
        for user, password in users.items():
            make_user(database, user, password)
        with Sasl.lock:
            Sasl.options = {b"auxprop_plugin": b"sasldb", b"sasldb_path": database.encode(),
                            b"mech_list": b"SCRAM-SHA-1 SCRAM-SHA-256 PLAIN"}
            if Sasl.lib is None:
                Sasl.start()

    @classmethod
    def start(cls):
        cls.getopt = GETOPT(cls.option)
        cls.callbacks = (Callback * 2)(
            Callback(SASL_CB_GETOPT, ctypes.cast(cls.getopt, ctypes.c_void_p), None),
            Callback(SASL_CB_LIST_END, None, None))
        cls.lib = library()
        if cls.lib.sasl_server_init(cls.callbacks, b"sendoff-tests") != SASL_OK:
            raise RuntimeError("sasl_server_init failed")

    @staticmethod
    def option(_, plugin, name, result, length):
        value = Sasl.options.get(name)
        if value is None:
            return -1
        result[0] = value
        if length:
            length[0] = len(value)
        return SASL_OK

    def authenticate(self, session, mechanism, initial):
        """As saslserver.authenticate."""
        lib, connection = self.lib, ctypes.c_void_p()
        if lib.sasl_server_new(b"smtp", b"server.example", b"example.org", None, None, None,
                               SASL_SUCCESS_DATA, ctypes.byref(connection)) != SASL_OK:
            raise RuntimeError("sasl_server_new failed")
        binding = self.bind(session, connection)
        try:
            return self.exchange(session, connection, mechanism, initial)
        except Cancelled:
            return None
        finally:
            lib.sasl_dispose(ctypes.byref(connection))
            del binding

    def bind(self, session, connection):
        """Tells the library what the TLS channel is bound by; the caller keeps the result alive."""
        name, data = session.sock.binding()
        binding = ChannelBinding(name.encode(), 0, len(data), data)
        self.lib.sasl_setprop(connection, SASL_CHANNEL_BINDING, ctypes.byref(binding))
        return binding

    def exchange(self, session, connection, mechanism, initial):
        lib, out, length = self.lib, ctypes.c_void_p(), ctypes.c_uint()
        response = None if initial is None else decode(initial)
        status = lib.sasl_server_start(connection, mechanism.encode(), response,
                                       len(response or b""), ctypes.byref(out),
                                       ctypes.byref(length))
        while status == SASL_CONTINUE:
            text = ctypes.string_at(out, length.value) if out else b""
            response = decode(session.challenge(base64.b64encode(text).decode()))
            status = lib.sasl_server_step(connection, response, len(response), ctypes.byref(out),
                                          ctypes.byref(length))
        if status != SASL_OK:
            return None
        if out and length.value:  # the server's proof, then the client's empty answer
            text = ctypes.string_at(out, length.value)
            session.challenge(base64.b64encode(text).decode())
        user = ctypes.c_char_p()
        lib.sasl_getprop(connection, SASL_USERNAME, ctypes.byref(user))
        return user.value.decode()
