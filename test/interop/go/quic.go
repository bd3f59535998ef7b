// An end of Go's QUIC interface, told what to do by lines: `quic-server cert key`, `quic-client ca`.
//
//	in:  connect | crypto LEVEL HEX
//	out: crypto LEVEL HEX | secret DIRECTION LEVEL SUITE HEX | parameters HEX | rejected | complete ALPN RESUMED | failed TEXT
//
// and `ready` behind what a line led to. Connections of one process share a session cache, or the keys of tickets.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

var levels = map[tls.QUICEncryptionLevel]string{
	tls.QUICEncryptionLevelInitial:     "initial",
	tls.QUICEncryptionLevelEarly:       "early",
	tls.QUICEncryptionLevelHandshake:   "handshake",
	tls.QUICEncryptionLevelApplication: "application",
}

func quicServer(cert, key string) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	settings := quicSettings()
	settings.Certificates = []tls.Certificate{pair}
	return quicEnd(func() *tls.QUICConn {
		return tls.QUICServer(&tls.QUICConfig{TLSConfig: settings})
	}, true)
}

func quicClient(ca string) error {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	settings := quicSettings()
	settings.ServerName = "server.example"
	settings.RootCAs = x509.NewCertPool()
	settings.RootCAs.AppendCertsFromPEM(pem)
	settings.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	return quicEnd(func() *tls.QUICConn {
		return tls.QUICClient(&tls.QUICConfig{TLSConfig: settings})
	}, false)
}

// quicSettings has the group of GROUP alone, where it is set: the other end may then be asked for another share.
func quicSettings() *tls.Config {
	settings := &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h3"}}
	if os.Getenv("GROUP") != "" {
		settings.CurvePreferences = []tls.CurveID{group()}
	}
	return settings
}

func quicEnd(begin func() *tls.QUICConn, server bool) error {
	var end *tls.QUICConn
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		err := error(nil)
		switch words[0] {
		case "connect":
			end = begin()
			parameters := "from go's client"
			if server {
				parameters = "from go's server"
			}
			end.SetTransportParameters([]byte(parameters))
			err = end.Start(context.Background())
		case "crypto":
			data, bad := hex.DecodeString(words[2])
			if bad != nil {
				return bad
			}
			err = end.HandleData(levelOf(words[1]), data)
		}
		if err == nil {
			err = tell(end, server)
		}
		if err != nil {
			fmt.Printf("failed %v\n", err)
		}
		fmt.Println("ready")
	}
	return lines.Err()
}

func levelOf(name string) tls.QUICEncryptionLevel {
	for level, known := range levels {
		if known == name {
			return level
		}
	}
	return tls.QUICEncryptionLevelInitial
}

func tell(end *tls.QUICConn, server bool) error {
	for {
		event := end.NextEvent()
		level := levels[event.Level]
		switch event.Kind {
		case tls.QUICNoEvent:
			return nil
		case tls.QUICWriteData:
			fmt.Printf("crypto %s %x\n", level, event.Data)
		case tls.QUICSetReadSecret:
			fmt.Printf("secret read %s %s %x\n", level, tls.CipherSuiteName(event.Suite), event.Data)
		case tls.QUICSetWriteSecret:
			fmt.Printf("secret write %s %s %x\n", level, tls.CipherSuiteName(event.Suite), event.Data)
		case tls.QUICTransportParameters:
			fmt.Printf("parameters %x\n", event.Data)
		case tls.QUICRejectedEarlyData:
			fmt.Println("rejected")
		case tls.QUICHandshakeDone:
			state := end.ConnectionState()
			fmt.Printf("complete %s %t\n", state.NegotiatedProtocol, state.DidResume)
			if server {
				if err := end.SendSessionTicket(tls.QUICSessionTicketOptions{EarlyData: true}); err != nil {
					return err
				}
			}
		}
	}
}
