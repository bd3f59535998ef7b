"""A TLS peer over pyOpenSSL: the OpenSSL inside the wheel of `cryptography`, which is newer than most systems' own.

version                                    what it is; fails where it has no ML-DSA
server CERT KEY [CA]                       one connection: a line back reversed; asks for a certificate where there is a CA
client PORT CA [CERT KEY]                  one connection: says a line, prints what comes back
keys SEED                                  the private keys of a seed (hex), as PKCS#8 in PEM, each form it writes
"""

import socket
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa
from OpenSSL import SSL, crypto


def context(cert=None, key=None, ca=None):
    made = SSL.Context(SSL.TLS_METHOD)
    made.set_min_proto_version(SSL.TLS1_3_VERSION)
    if cert:
        made.use_certificate_chain_file(cert)
        made.use_privatekey_file(key)
        made.check_privatekey()
    if ca:
        made.load_verify_locations(ca)
        made.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    return made


def line(connection):
    got = b""
    while not got.endswith(b"\n"):
        got += connection.recv(1)
    return got


def peer(connection):
    certificate = connection.get_peer_certificate()
    if certificate:
        print("PEER", certificate.get_signature_algorithm().decode(), flush=True)


def finish(connection):
    connection.shutdown()
    try:
        while connection.recv(1000):
            pass
    except SSL.ZeroReturnError:
        print("CLOSED", flush=True)


def server(cert, key, ca=None):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print("ACCEPT 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    connection = SSL.Connection(context(cert, key, ca), listener.accept()[0])
    connection.set_accept_state()
    connection.do_handshake()
    peer(connection)
    connection.sendall(line(connection)[:-1][::-1] + b"\n")
    finish(connection)


def client(port, ca, cert=None, key=None):
    connection = SSL.Connection(context(cert, key, ca), socket.create_connection(("127.0.0.1", int(port))))
    connection.set_tlsext_host_name(b"server.example")
    connection.set_connect_state()
    connection.do_handshake()
    peer(connection)
    connection.sendall(b"there and back\n")
    print(line(connection).decode(), end="", flush=True)
    finish(connection)


def keys(seed):
    for kind in (mldsa.MLDSA44PrivateKey, mldsa.MLDSA65PrivateKey, mldsa.MLDSA87PrivateKey):
        key = kind.from_seed_bytes(bytes.fromhex(seed))
        none = serialization.NoEncryption()
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        short = key.private_bytes(pem, pkcs8, none)
        # OpenSSL's own writer, which has the seed and the expanded key.
        both = crypto.dump_privatekey(crypto.FILETYPE_PEM, crypto.load_privatekey(crypto.FILETYPE_PEM, short))
        print(short.decode() + both.decode(), end="")
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        print(key.public_key().public_bytes(pem, spki).decode(), end="")


def version():
    mldsa.MLDSA44PrivateKey.generate()
    print(SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode())


{"version": version, "server": server, "client": client, "keys": keys}[sys.argv[1]](*sys.argv[2:])
