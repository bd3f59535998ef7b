// A server over Go's crypto/tls: `server cert key TLSv1.3 h2,http/1.1` sends back each line reversed.
package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	go func() {
		// Whoever started it has gone.
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := serve(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(cert, key, version, protocols string) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	config := &tls.Config{
		Certificates:     []tls.Certificate{pair},
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},
		MinVersion:       tls.VersionTLS13,
	}
	if version == "TLSv1.2" {
		config.MinVersion = tls.VersionTLS12
	}
	if protocols != "" {
		config.NextProtos = strings.Split(protocols, ",")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("ACCEPT %s\n", listener.Addr())
	for {
		socket, err := listener.Accept()
		if err != nil {
			return err
		}
		go answer(socket, config)
	}
}

func answer(socket net.Conn, config *tls.Config) {
	// Unread bytes would make the end a reset, which can lose the alert before it.
	defer func() {
		if half, ok := socket.(*net.TCPConn); ok {
			half.CloseWrite()
		}
		socket.SetReadDeadline(time.Now().Add(time.Second))
		io.Copy(io.Discard, socket)
		socket.Close()
	}()
	connection := tls.Server(socket, config)
	if connection.Handshake() != nil {
		return
	}
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			connection.CloseWrite()
		}
		if err != nil {
			return
		}
		slices.Reverse(line[:len(line)-1])
		if _, err := connection.Write(line); err != nil {
			return
		}
	}
}
