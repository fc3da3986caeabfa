package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// newTLSPeer is a wss:// server whose settings may be changed while it runs: they hold for new connections.
func newTLSPeer(t *testing.T, config *tls.Config) *peer {
	t.Helper()
	p := unopenedPeer(t)
	p.secure(config)
	p.listen(t)
	return p
}

// secure sets, or changes, what the peer's TLS does.
func (p *peer) secure(config *tls.Config) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.tls = config
}

// tlsConfig is what the peer's listener is made with, nil for a plain one.
func (p *peer) tlsConfig() *tls.Config {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.tls == nil {
		return nil
	}
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		return p.tls, nil
	}}
}

// shows is the configuration of a server that has nothing but a certificate.
func (i *identity) shows(t *testing.T) *tls.Config {
	t.Helper()
	return &tls.Config{Certificates: []tls.Certificate{*i.tls(t)}}
}

// demands is that of a server that wants a client certificate of this CA.
func (i *identity) demands(t *testing.T, ca *identity) *tls.Config {
	t.Helper()
	config := i.shows(t)
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, pool(ca)
	return config
}

// trusts is the configuration of a client that checks its server with this CA, and may have a certificate.
func (i *identity) trusts(t *testing.T, own ...*identity) *tls.Config {
	t.Helper()
	config := &tls.Config{RootCAs: pool(i)}
	for _, o := range own {
		cert := o.tls(t)
		// Not Certificates: those are left out where the server's CAs do not fit, and what it says then is the question.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	}
	return config
}

// notes is a log that may be read while it is written.
type notes struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.text.String()
}

// tryTLS dials our server once.
func tryTLS(host string, port int, path string, config *tls.Config) (*websocket.Conn, error) {
	dialer := websocket.Dialer{TLSClientConfig: config, HandshakeTimeout: patience}
	ws, resp, err := dialer.DialContext(context.Background(), fmt.Sprintf("wss://%s:%d%s", host, port, path), nil)
	if resp != nil {
		err = errors.Join(err, errors.New(resp.Status))
	}
	if ws != nil {
		err = nil
	}
	return ws, err
}

// dialTLS connects to our server, which is listening already.
func dialTLS(t *testing.T, port int, path string, config *tls.Config) *peerConn {
	t.Helper()
	ws, err := tryTLS("127.0.0.1", port, path, config)
	must(t, err)
	t.Cleanup(func() { ws.Close() })
	return watch(ws, nil)
}

// dialTLSOnceUp is for one that may not be there yet.
func dialTLSOnceUp(t *testing.T, port int, path string, config *tls.Config) *peerConn {
	t.Helper()
	var ws *websocket.Conn
	until(t, fmt.Sprintf("port %d to take us at %s", port, path), func() (bool, string) {
		var err error
		ws, err = tryTLS("127.0.0.1", port, path, config)
		return err == nil, fmt.Sprint(err)
	})
	t.Cleanup(func() { ws.Close() })
	return watch(ws, nil)
}

// peerCertificate is what the other side has shown.
func (c *peerConn) peerCertificate() *x509.Certificate {
	state := c.NetConn().(*tls.Conn).ConnectionState()
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	return state.PeerCertificates[0]
}

// tlsServer is a flow on a listener of its own.
type tlsServer struct {
	*flow
	port int
}

func newTLSServer(t *testing.T, h *kuiper.Host, props ...map[string]any) *tlsServer {
	t.Helper()
	port, err := kuiper.FreePort()
	must(t, err)
	all := map[string]any{"httpServerPort": port}
	for _, p := range props {
		maps.Copy(all, p)
	}
	s := &tlsServer{newFlow(t, h, stream{Props: all}, kuiper.RuleOptions{}), port}
	s.waitConnection(t, connected)
	return s
}

// takes sends a message and waits for its row.
func (s *tlsServer) takes(t *testing.T, config *tls.Config) *peerConn {
	t.Helper()
	conn := dialTLS(t, s.port, s.path, config)
	before := s.rows.Len()
	conn.text(t, `{"n":1}`)
	s.waitRows(t, before+1)
	return conn
}

// refuses dials and returns what the peer sees.
func (s *tlsServer) refuses(t *testing.T, config *tls.Config) string {
	t.Helper()
	ws, err := tryTLS("127.0.0.1", s.port, s.path, config)
	if err == nil {
		ws.Close()
		t.Fatal("the connection was taken")
	}
	return err.Error()
}

// warns waits for a warning in the rule's log. A text in it has its quotes escaped.
func (f *flow) warns(t *testing.T, parts ...string) string {
	t.Helper()
	escaped := []string{"level=warning", "rule=" + f.rule}
	for _, part := range parts {
		escaped = append(escaped, strings.ReplaceAll(part, `"`, `\"`))
	}
	return logLine(t, f.h, escaped...)
}

// tlsClient are the properties of a client that trusts one CA and tries again soon.
func tlsClient(t *testing.T, addr string, ca *identity, more ...map[string]any) map[string]any {
	t.Helper()
	props := quick(addr)
	props["scheme"] = "wss"
	if ca != nil {
		props["rootCaPath"] = ca.writeCert(t)
	}
	for _, m := range more {
		maps.Copy(props, m)
	}
	return props
}

// ownCertificate are the properties of a client that identifies itself.
func (f certFiles) ownCertificate() map[string]any {
	return map[string]any{"certificationPath": f.cert, "privateKeyPath": f.key}
}

// refusedRule makes a rule that has to be refused at once, and returns why it was.
func refusedRule(t *testing.T, h *kuiper.Host, props map[string]any) string {
	t.Helper()
	err := ruleError(t, h, props)
	if err == nil {
		t.Fatal("the rule was accepted")
	}
	return err.Error()
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// lastLoss is the text of the last connection that was lost or failed.
func (f *flow) lastLoss(t *testing.T) string {
	t.Helper()
	status, err := f.h.Status(f.rule)
	must(t, err)
	return fmt.Sprint(connection(status, f.stream, "last_disconnected_message"))
}

// waitLossWith waits until a lost or failed connection was reported with this text.
func (f *flow) waitLossWith(t *testing.T, part string) (text string) {
	t.Helper()
	until(t, "a loss with "+part, func() (bool, string) {
		text = f.lastLoss(t)
		return containsAll(text, part), text
	})
	return text
}
