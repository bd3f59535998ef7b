// A peer over Go's crypto/tls: `server cert key` echoes on a free port, `client port ca` sends a line and prints what comes back.
// `servers cert key` takes two connections, `clients port ca port` makes two with one cache; both say which were resumed.
// `quic-server cert key` and `quic-client ca` are ends of QUIC: see quic.go.
// With STAPLE a server staples that file and the timestamp 01 02 03; a client says what was stapled.
// With SUITE both speak TLS 1.2 and that suite alone, and show each other the certificates in CERT and KEY, which CA has issued.
// With VERSIONS=12 or VERSIONS=123 both speak TLS 1.2 alone, or either version; KEYLOG is a file to write secrets to.
// Both offer one group alone, X25519MLKEM768 or the one whose number is in GROUP, so that a connection proves it.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "quic-client" {
		return quicClient(args[1])
	}
	if len(args) < 3 {
		return fmt.Errorf("expected server cert key, or client port ca")
	}
	switch args[0] {
	case "quic-server":
		return quicServer(args[1], args[2])
	case "server":
		return server(args[1], args[2], 1)
	case "servers":
		return server(args[1], args[2], 2)
	case "clients":
		return client(args[2], args[1], args[3])
	}
	return client(args[2], args[1])
}

func config() *tls.Config {
	settings := &tls.Config{
		MinVersion:       tls.VersionTLS13,
		CurvePreferences: []tls.CurveID{group()},
		NextProtos:       []string{"echo"},
	}
	if name := os.Getenv("KEYLOG"); name != "" {
		if file, err := os.Create(name); err == nil {
			settings.KeyLogWriter = file
		}
	}
	versions, suite := os.Getenv("VERSIONS"), os.Getenv("SUITE")
	if versions == "" && suite == "" {
		return settings
	}
	settings.MinVersion = tls.VersionTLS12
	settings.CurvePreferences = []tls.CurveID{tls.X25519}
	if versions != "123" {
		settings.MaxVersion = tls.VersionTLS12
	}
	if number, err := strconv.ParseUint(suite, 10, 16); err == nil {
		settings.CipherSuites = []uint16{uint16(number)}
	}
	return settings
}

// mutual has both ends show what is in CERT and KEY, and believe CA.
func mutual(settings *tls.Config) error {
	cert := os.Getenv("CERT")
	if cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cert, os.Getenv("KEY"))
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(os.Getenv("CA"))
	if err != nil {
		return err
	}
	settings.Certificates = []tls.Certificate{pair}
	settings.ClientCAs = x509.NewCertPool()
	settings.ClientCAs.AppendCertsFromPEM(pem)
	settings.ClientAuth = tls.RequireAndVerifyClientCert
	return nil
}

func group() tls.CurveID {
	number, err := strconv.ParseUint(os.Getenv("GROUP"), 10, 16)
	if err != nil {
		return tls.X25519MLKEM768
	}
	return tls.CurveID(number)
}

func server(cert, key string, count int) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	if name := os.Getenv("STAPLE"); name != "" {
		if pair.OCSPStaple, err = os.ReadFile(name); err != nil {
			return err
		}
		pair.SignedCertificateTimestamps = [][]byte{{1, 2, 3}}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("ACCEPT %s\n", listener.Addr())
	settings := config()
	settings.Certificates = []tls.Certificate{pair}
	if err := mutual(settings); err != nil {
		return err
	}
	for ; count > 0; count-- {
		if err := serve(listener, settings); err != nil {
			return err
		}
	}
	return nil
}

func serve(listener net.Listener, settings *tls.Config) error {
	socket, err := listener.Accept()
	if err != nil {
		return err
	}
	connection := tls.Server(socket, settings)
	if err := connection.Handshake(); err != nil {
		return err
	}
	fmt.Printf("RESUMED %t\n", connection.ConnectionState().DidResume)
	if _, err := io.Copy(connection, connection); err != nil {
		return err
	}
	return connection.Close()
}

func client(ca string, ports ...string) error {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	settings := config()
	settings.ServerName = "server.example"
	settings.RootCAs = x509.NewCertPool()
	settings.RootCAs.AppendCertsFromPEM(pem)
	settings.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	if err := mutual(settings); err != nil {
		return err
	}
	for _, port := range ports {
		if err := dial(port, settings); err != nil {
			return err
		}
	}
	return nil
}

func dial(port string, settings *tls.Config) error {
	connection, err := tls.Dial("tcp", "127.0.0.1:"+port, settings)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(connection, "there and back\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	fmt.Print(line)
	state := connection.ConnectionState()
	fmt.Fprintf(os.Stderr, "RESUMED %t\n", state.DidResume)
	fmt.Fprintf(os.Stderr, "STAPLED %x %x\n", state.OCSPResponse, state.SignedCertificateTimestamps)
	return connection.Close()
}
