"""Certificates made for a test, and a client that talks TLS."""

import hashlib
import pathlib
import shutil
import ssl
import subprocess

import grpc

from harness.client import Client


_EXPIRED = """
[ca]
default_ca = old
[old]
database = {folder}/index.txt
rand_serial = yes
new_certs_dir = {folder}
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {names}
"""


class Certificates:
    """Made by the openssl command in `folder`: each name is NAME.pem and NAME.key."""

    def __init__(self, folder):
        self.folder = folder / "certificates"
        self.folder.mkdir()
        self.ca = self.make("ca")
        self.server = self.make("server", names="DNS:server.example,IP:127.0.0.1", issuer="ca")

    def path(self, name):
        return str(self.folder / f"{name}.pem")

    def key(self, name):
        return str(self.folder / f"{name}.key")

    def pair(self, name):
        return {"certificate": self.path(name), "key": self.key(name)}

    def make(self, name, names="", issuer=None, into=None, purpose=""):
        """Of a CA unless it has an issuer; `into`: another name for its files; `purpose`: "clientAuth"."""
        where = into or name
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key(where), "-out", self.path(where)]
        if names:
            command += ["-addext", f"subjectAltName={names}"]
        if purpose:
            command += ["-addext", f"extendedKeyUsage={purpose}"]
        if issuer:
            command += ["-CA", self.path(issuer), "-CAkey", self.key(issuer), "-addext", "basicConstraints=CA:FALSE"]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        return where

    def make_expired(self, name, names, issuer):
        """One of years ago, which takes the command of a whole CA."""
        request, settings = self.folder / f"{name}.csr", self.folder / f"{name}.cnf"
        settings.write_text(_EXPIRED.format(folder=self.folder, names=names))
        (self.folder / "index.txt").touch()
        for command in (
            ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", f"/CN={name}", "-keyout", self.key(name), "-out", request],
            ["openssl", "ca", "-batch", "-notext", "-config", settings, "-in", request, "-out", self.path(name),
             "-cert", self.path(issuer), "-keyfile", self.key(issuer),
             "-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
        ):
            subprocess.run(command, check=True, capture_output=True, timeout=30)
        return name

    def copy(self, name, other):
        """`other` is this one from now on."""
        for file in (self.path, self.key):
            shutil.copy(file(name), file(other))

    def spki(self, name):
        """The SHA-256 of the public key in hexadecimal digits."""
        public = subprocess.run(["openssl", "pkey", "-in", self.key(name), "-pubout", "-outform", "DER"],
                                check=True, capture_output=True, timeout=30).stdout
        return hashlib.sha256(public).hexdigest()

    def of_grpc_server(self, name, client_ca=None):
        """Credentials of a gRPC server of this process; with `client_ca` clients have to show a certificate."""
        pair = [pathlib.Path(file).read_bytes() for file in (self.key(name), self.path(name))]
        trusted = pathlib.Path(self.path(client_ca)).read_bytes() if client_ca else None
        return grpc.ssl_server_credentials([pair], trusted, client_ca is not None)

    def client_context(self, version=None, certificate=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.path("ca"))
        context.check_hostname = False
        if version:
            context.minimum_version = context.maximum_version = version
        if certificate:
            context.load_cert_chain(self.path(certificate), self.key(certificate))
        return context


class TlsClient(Client):
    """As Client, over TLS; a half close is a close_notify alone."""

    def __init__(self, address, context, sni="server.example", **options):
        super().__init__(address, **options)
        self._tcp = self._socket
        self._socket = _Talk(self._tcp, context, sni)
        self._socket.run(self._socket.ssl.do_handshake)

    @property
    def ssl(self):
        return self._socket.ssl

    def end_writing(self):
        self._socket.end()


class _Talk:
    """What Client asks of a socket. Reading goes on after the end of writing, which SSLSocket cannot."""

    def __init__(self, tcp, context, sni):
        self._tcp = tcp
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = context.wrap_bio(self._in, self._out, server_hostname=sni)

    def run(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                piece = self._tcp.recv(256 * 1024)
                if piece:
                    self._in.write(piece)
                else:
                    self._in.write_eof()
            finally:
                self._flush()

    def _flush(self):
        if self._out.pending:
            self._tcp.sendall(self._out.read())

    def sendall(self, data):
        for start in range(0, len(data), 65536):
            self.run(self.ssl.write, data[start : start + 65536])

    def recv(self, size):
        try:
            return self.run(self.ssl.read, size)
        except ssl.SSLZeroReturnError:
            return b""

    def end(self):
        try:
            self.ssl.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()

    def close(self):
        self._tcp.close()
