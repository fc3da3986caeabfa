package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// nginx ends the TLS of others in front of our plain server, and of our client in front of a plain server of theirs.
func TestTLSBehindNginx(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		c := newCounted(t, h, stream{})
		c.waitConnection(t, connected)
		port := startNginx(t, ca.issue(t, "nginx"), fmt.Sprintf("127.0.0.1:%d", h.ServerPort()))
		implementations["Go gorilla"].client(t, fmt.Sprintf("wss://127.0.0.1:%d%s", port, c.path), ca)
		c.whole(t, numbered)
	})
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t)
		port := startNginx(t, ca.issue(t, "nginx"), p.addr)
		c := newCounted(t, h, stream{Props: tlsClient(t, fmt.Sprintf("127.0.0.1:%d", port), ca)})
		p.next(t).sendNumbered(t)
		c.whole(t, numbered)
		// The peer gone, nginx answers in its place.
		p.shut()
		contains(t, c.waitLossWith(t, "502"), fmt.Sprint(port))
	})
}

// startNginx starts an nginx of our own, with everything it writes in a folder of the test.
func startNginx(t *testing.T, shown *identity, to string) (port int) {
	t.Helper()
	nginx := os.Getenv("EKWS_NGINX")
	if nginx == "" {
		t.Fatal("EKWS_NGINX is not set; the Makefile exports it (make test)")
	}
	port, err := kuiper.FreePort()
	must(t, err)
	dir, files := t.TempDir(), shown.write(t)
	config := fmt.Sprintf(`
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:%d ssl;
    ssl_certificate %s;
    ssl_certificate_key %s;
    location / {
      proxy_pass http://%s;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $host;
    }
  }
}
`, port, files.cert, files.key, to)
	must(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o600))
	cmd := exec.Command(nginx, "-p", dir, "-c", "nginx.conf", "-e", "error.log")
	ended := make(chan error, 1)
	must(t, kuiper.StartTied(cmd, func() { ended <- cmd.Wait() }))
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	until(t, "nginx", func() (bool, string) {
		conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
		}
		log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
		return err == nil, fmt.Sprint(err, string(log))
	})
	return port
}
