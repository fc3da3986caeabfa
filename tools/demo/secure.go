package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// credentials are what TLS takes on this machine: one certificate that signs itself, which every server shows and every
// client trusts.
type credentials struct {
	certFile string
	keyFile  string
	server   *tls.Config // of the relay
	client   *tls.Config
}

// makeCredentials writes certificate and key into a folder of their own below dir.
func makeCredentials(dir string) (*credentials, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "make demo"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, "certificates")
	c := &credentials{certFile: filepath.Join(folder, "demo.crt"), keyFile: filepath.Join(folder, "demo.key")}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.certFile, cert, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(cert)
	c.server = &tls.Config{Certificates: []tls.Certificate{pair}}
	c.client = &tls.Config{RootCAs: trusted}
	return c, nil
}

// kuiperYAML makes the servers of both sources, which listen as kuiper.yaml says, speak TLS.
func (c *credentials) kuiperYAML(doc map[string]any) {
	if source, ok := doc["source"].(map[string]any); ok {
		source["httpServerTls"] = map[string]any{"certfile": c.certFile, "keyfile": c.keyFile}
	}
}

// group makes a client's config group speak TLS.
func (c *credentials) group(props map[string]any) {
	props["scheme"] = "wss"
	props["rootCaPath"] = c.certFile
}
