"""Either end of a connection with a delegated credential, by tlslite-ng: one line there and back."""
import json
import socket
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.constants import SignatureScheme
from tlslite.utils.codec import Parser
from tlslite.x509 import DelegatedCredential


def read(path):
    with open(path) as file:
        return file.read()


def only_tls13():
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 4)
    return settings


def client(port, scheme):
    settings = only_tls13()
    settings.dc_sig_algs = [getattr(SignatureScheme, scheme)]
    connection = TLSConnection(socket.create_connection(("127.0.0.1", port)))
    connection.handshakeClientCert(settings=settings, serverName="server.example")
    delegated = connection.session.delegated_credential
    connection.send(b"from tlslite\n")
    line = connection.recv(100)
    print(json.dumps({"line": line.decode(), "delegated": delegated and bytes(delegated.write()).hex()}), flush=True)
    connection.close()


def server(cert, key, credential, dc_key):
    chain = X509CertChain()
    chain.parsePemList(read(cert))
    delegated = DelegatedCredential().parse(Parser(bytearray.fromhex(credential)))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    print("port %d" % listener.getsockname()[1], flush=True)
    connection = TLSConnection(listener.accept()[0])
    connection.handshakeServer(
        certChain=chain,
        privateKey=parsePEMKey(read(key), private=True, implementations=["python"]),
        settings=only_tls13(),
        dc_key=parsePEMKey(read(dc_key), private=True, implementations=["python"]),
        del_cred=delegated,
    )
    line = connection.recv(100)
    connection.send(line)
    connection.close()


if sys.argv[1] == "client":
    client(int(sys.argv[2]), sys.argv[3])
else:
    server(*sys.argv[2:])
