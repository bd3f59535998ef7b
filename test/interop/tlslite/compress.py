"""A peer over tlslite-ng with one way to compress certificates: `server cert key algorithm` or `client port cert key algorithm`.

Both show a certificate, echo or send one line, and print what came compressed, and how: of the server, and of the client.
"""
import socket
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey


def settings(algorithm):
    made = HandshakeSettings()
    made.minVersion = made.maxVersion = (3, 4)
    made.certificate_compression_send = [algorithm]
    made.certificate_compression_receive = [algorithm]
    return made


def identity(cert, key):
    chain = X509CertChain()
    with open(cert, encoding="ascii") as file:
        chain.parsePemList(file.read())
    with open(key, encoding="ascii") as file:
        return chain, parsePEMKey(file.read(), private=True)


def report(connection):
    algorithms = (connection.server_cert_compression_algo, connection.client_cert_compression_algo)
    print("COMPRESSED", *algorithms, flush=True)
    connection.close()


def server(cert, key, algorithm):
    chain, private = identity(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))
    print("PORT", listener.getsockname()[1], flush=True)
    connection = TLSConnection(listener.accept()[0])
    connection.handshakeServer(
        certChain=chain, privateKey=private, reqCert=True, settings=settings(algorithm)
    )
    connection.write(connection.read(min=1))
    report(connection)


def client(port, cert, key, algorithm):
    chain, private = identity(cert, key)
    connection = TLSConnection(socket.create_connection(("127.0.0.1", int(port))))
    connection.handshakeClientCert(
        chain, private, serverName="server.example", settings=settings(algorithm)
    )
    connection.write(b"there and back\n")
    connection.read(min=1)
    report(connection)


{"server": server, "client": client}[sys.argv[1]](*sys.argv[2:])
