package rig

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// clockTick is what /proc counts processor time in, on every Linux that eKuiper runs on.
const clockTick = 10 * time.Millisecond

// StartHost starts a kuiperd with our plugin, and with the generator and the sink of the benches.
func StartHost(ctx context.Context, dir string, secure bool) (*kuiper.Host, error) {
	options := kuiper.Options{Plugin: true, Files: map[string]string{}}
	for variable, path := range map[string]string{
		"EKWS_GENERATOR": "plugins/sources/Generator.so", "EKWS_LATENCY": "plugins/sinks/Latency.so",
	} {
		plugin, err := os.ReadFile(os.Getenv(variable))
		if err != nil {
			return nil, fmt.Errorf("%s, which make bench sets: %w", variable, err)
		}
		options.Files[path] = string(plugin)
	}
	if secure {
		cert, key, err := certificate(dir)
		if err != nil {
			return nil, err
		}
		options.KuiperYAML = func(doc map[string]any) {
			if source, ok := doc["source"].(map[string]any); ok {
				source["httpServerTls"] = map[string]any{"certfile": cert, "keyfile": key}
			}
		}
	}
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return kuiper.Start(starting, options)
}

// certificate writes one that signs itself, as both sources are given it.
func certificate(dir string) (certFile, keyFile string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "bench"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	certFile, keyFile = filepath.Join(dir, "bench.crt"), filepath.Join(dir, "bench.key")
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return "", "", err
	}
	return certFile, keyFile, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600)
}

// cpu is the processor time of a process so far, in user mode and in the kernel.
func cpu(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// Behind the name, which may hold blanks, in brackets: state is field 3, utime 14, stime 15.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}
