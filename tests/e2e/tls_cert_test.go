package e2e

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// identity is a certificate with its key, made by the test.
type identity struct {
	cert  *x509.Certificate
	key   crypto.Signer
	chain []byte // PEM: the certificate and what is sent along with it
}

// edit changes a certificate before it is signed.
type edit func(*x509.Certificate)

var lastSerial atomic.Int64

// makeIdentity signs a certificate for 127.0.0.1, ::1 and localhost. Without an issuer it signs itself.
func makeIdentity(t *testing.T, name string, key crypto.Signer, issuer *identity, edits ...edit) *identity {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(lastSerial.Add(1)),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},

		BasicConstraintsValid: true,
	}
	for _, change := range edits {
		change(template)
	}
	signer, parent := key, template
	if issuer != nil {
		signer, parent = issuer.key, issuer.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return &identity{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func weakKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	return key
}

func isCA(c *x509.Certificate) {
	c.IsCA = true
	c.KeyUsage = x509.KeyUsageCertSign
	c.ExtKeyUsage, c.DNSNames, c.IPAddresses = nil, nil, nil
}

func newCA(t *testing.T, name string) *identity {
	t.Helper()
	return makeIdentity(t, name, ecKey(t), nil, isCA)
}

// issue makes a certificate that is good for both roles, but for the edits.
func (ca *identity) issue(t *testing.T, name string, edits ...edit) *identity {
	t.Helper()
	return makeIdentity(t, name, ecKey(t), ca, edits...)
}

// intermediate makes a CA below this one.
func (ca *identity) intermediate(t *testing.T, name string) *identity {
	t.Helper()
	return ca.issue(t, name, isCA)
}

// with is the identity with more certificates sent along.
func (i *identity) with(more *identity) *identity {
	return &identity{i.cert, i.key, append(append([]byte(nil), i.chain...), more.chain...)}
}

func expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
}

func notYetValid(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour)
}

func forNames(names ...string) edit {
	return func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = names, nil }
}

func forIP(ip string) edit {
	return func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, []net.IP{net.ParseIP(ip)} }
}

func usage(usages ...x509.ExtKeyUsage) edit {
	return func(c *x509.Certificate) { c.ExtKeyUsage = usages }
}

func (i *identity) keyPEM(t *testing.T) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// tls is the identity for a Go peer.
func (i *identity) tls(t *testing.T) *tls.Certificate {
	t.Helper()
	cert, err := tls.X509KeyPair(i.chain, i.keyPEM(t))
	must(t, err)
	return &cert
}

// pool trusts these alone.
func pool(trusted ...*identity) *x509.CertPool {
	p := x509.NewCertPool()
	for _, i := range trusted {
		p.AddCert(i.cert)
	}
	return p
}

// certFiles are the files that properties name.
type certFiles struct{ cert, key string }

// write writes the identity into a new folder.
func (i *identity) write(t *testing.T) certFiles {
	t.Helper()
	dir := t.TempDir()
	f := certFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	must(t, os.WriteFile(f.cert, i.chain, 0o644))
	must(t, os.WriteFile(f.key, i.keyPEM(t), 0o600))
	return f
}

// writeCert writes the certificates alone, as a CA file, and returns its path.
func (i *identity) writeCert(t *testing.T) string {
	t.Helper()
	return i.write(t).cert
}

func (f certFiles) server() map[string]any {
	return map[string]any{"httpServerTls": map[string]any{"certfile": f.cert, "keyfile": f.key}}
}
