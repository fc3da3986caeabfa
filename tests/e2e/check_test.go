package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The host's connectivity check. Where the user named no path the host puts in a marker of its own, so every case is
// asked with a datasource and without.
func TestConnectivityCheckOfAClient(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	good := newPeer(t)
	plain, _ := httpServer(t, 404)
	dead := newPeer(t)
	dead.shut()
	silent := silentServer(t)

	refused := map[string]struct {
		addr string
		says []string
	}{
		"nobody listens":           {dead.addr, []string{dead.addr, "refused"}},
		"accepts and says nothing": {silent.Addr().String(), []string{silent.Addr().String()}},
		"no such name":             {"no-such-host.invalid:80", []string{"no-such-host.invalid"}},
	}
	for what, c := range refused {
		for _, datasource := range []string{"", "/api/data"} {
			t.Run(what+" "+datasource, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				err := h.Ping("websocket", checkProps(c.addr, datasource))
				if err == nil {
					t.Fatal("the check passed")
				}
				contains(t, err.Error(), c.says...)
				t.Logf("after %v: %v", time.Since(began).Round(time.Millisecond), err)
			})
		}
	}
	t.Run("good", func(t *testing.T) {
		check(t, h.Ping("websocket", checkProps(good.addr, "")))
		check(t, h.Ping("websocket", checkProps(good.addr, "/api/data")))
	})
	t.Run("names in any case", func(t *testing.T) {
		r := newRecorder(t)
		must(t, h.Ping("websocket", map[string]any{"ADDR": r.addr, "DataSource": "/api/data"}))
		equal(t, (<-r.requests).target, "/api/data")
	})
	t.Run("wrong path", func(t *testing.T) {
		err := h.Ping("websocket", checkProps(plain, "/api/data"))
		if err == nil {
			t.Fatal("the check passed")
		}
		contains(t, err.Error(), "404")
	})
	t.Run("path not named", func(t *testing.T) {
		check(t, h.Ping("websocket", checkProps(plain, "")))
	})
	answers := map[string]struct {
		answer string
		says   []string
	}{
		"unauthorized": {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", []string{"HTTP 401 Unauthorized"}},
		"redirect":     {"HTTP/1.1 301 Moved Permanently\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n", []string{"HTTP 301 Moved Permanently"}},
		"plain page":   {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", []string{"HTTP 200"}},
		"wrong accept": {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: bm90IHRoZSByaWdodCBvbmU=\r\n\r\n", []string{"Sec-WebSocket-Accept"}},
		"another protocol": {"SSH-2.0-OpenSSH_9.2p1\r\n", []string{"does not speak HTTP"}},
		"binary":           {"\x00\x01\x02\xff\r\n\r\n", []string{"does not speak HTTP"}},
		"hangs up":         {"", []string{"closed the connection"}},
	}
	for what, c := range answers {
		t.Run(what, func(t *testing.T) {
			addr := answeringServer(t, c.answer)
			err := h.Ping("websocket", checkProps(addr, "/api/data"))
			if err == nil {
				t.Fatal("the check passed")
			}
			contains(t, err.Error(), append(c.says, addr)...)
			t.Log(err)
		})
	}
	t.Run("bad property", func(t *testing.T) {
		props := checkProps(good.addr, "/api/data")
		props["scheme"] = "http"
		err := h.Ping("websocket", props)
		if err == nil {
			t.Fatal("the check passed")
		}
		contains(t, err.Error(), "scheme", "wss")
	})
}

func TestConnectivityCheckOfAServer(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	free, err := kuiper.FreePort()
	must(t, err)
	refused := func(props map[string]any, says ...string) {
		t.Helper()
		err := h.Ping("websocket", props)
		if err == nil {
			t.Fatal("the check passed")
		}
		contains(t, err.Error(), says...)
	}
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	f.waitConnection(t, connected)

	for _, datasource := range []string{"", "/api/data"} {
		check(t, h.Ping("websocket", with(checkProps("", datasource), "httpServerPort", free)))
		// Our own listener has this one, which is how it should be.
		check(t, h.Ping("websocket", with(checkProps("", datasource), "httpServerPort", h.ServerPort())))

		port := taken.Addr().(*net.TCPAddr).Port
		refused(with(checkProps("", datasource), "httpServerPort", port), fmt.Sprint(port), "another process", "httpServerPort")
		refused(with(checkProps("", datasource), "httpServerPort", h.BuiltinPort()),
			fmt.Sprint(h.BuiltinPort()), "this eKuiper's own data server", "KUIPER__SOURCE__HTTPSERVERPORT")
		refused(with(checkProps("", datasource), "httpServerIp", "192.0.2.1"), "192.0.2.1")
		refused(with(checkProps("", datasource), "httpServerIp", "everywhere"), "httpServerIp", "everywhere", "0.0.0.0")
		refused(with(checkProps("", datasource), "maxConnections", "many"), "maxConnections", "many", "an integer from")
	}
	refused(checkProps("", "no/slash"), "DATASOURCE", "no/slash", "starts with")
	refused(checkProps("", "/{open"), "DATASOURCE", "/{open", "braces")
	// A check leaves nothing behind.
	equal(t, kuiper.Bindable(free), true)
}

// As with a stream, what the form leaves out comes from the group default of websocket.yaml, and what it holds comes
// first. A default that was changed over REST is in the host's database, where the check does not look.
func TestConnectivityCheckTakesTheGroupDefault(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	server := ownHost(t, kuiper.Options{Plugin: true, Files: map[string]string{
		"etc/sources/websocket.yaml": fmt.Sprintf("default:\n  httpServerIp: 127.0.0.1\n  httpserverport: %d\n", port)}})
	for _, props := range []map[string]any{{}, {"addr": "", "httpServerPort": ""}} {
		if err := server.Ping("websocket", props); err == nil {
			t.Errorf("the check of %v passed", props)
		} else {
			contains(t, err.Error(), fmt.Sprintf("127.0.0.1:%d", port), "another process")
		}
	}
	free, err := kuiper.FreePort()
	must(t, err)
	check(t, server.Ping("websocket", map[string]any{"HTTPSERVERPORT": free}))
	must(t, server.ConfKey("default", map[string]any{"httpServerPort": free}))
	if err := server.Ping("websocket", map[string]any{}); err == nil {
		t.Error("the check has seen what was changed over REST: say so in docs/configure.md")
	}

	r := newRecorder(t)
	client := ownHost(t, kuiper.Options{Plugin: true, Env: []string{"WEBSOCKET__DEFAULT__PATH=/from/environment"}, Files: map[string]string{"etc/sources/websocket.yaml": fmt.Sprintf(
		"default:\n  addr: %s\n  path: /from/default\n  requestHeader:\n    X-From: [default]\n", r.addr)}})
	must(t, client.Ping("websocket", map[string]any{}))
	request := <-r.requests
	equal(t, request.target, "/from/environment")
	equal(t, request.header.Get("X-From"), "default")
	// Just as a stream has it.
	createRule(t, client, "SELECT * FROM "+rawStream(t, client, `DATASOURCE="/of/stream"`), kuiper.RuleOptions{})
	request = <-r.requests
	equal(t, request.target, "/from/environment")
	equal(t, request.header.Get("X-From"), "default")
	must(t, client.Ping("websocket", map[string]any{"path": "/form", "requestHeader": map[string]any{"X-From": "form"}}))
	request = <-r.requests
	equal(t, request.target, "/form")
	equal(t, request.header.Get("X-From"), "form")
	check(t, client.Ping("websocket", map[string]any{"addr": "", "httpServerPort": free}))
}

// answeringServer reads a request's head and answers with these bytes, whatever they are.
func answeringServer(t *testing.T, answer string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				reader := textproto.NewReader(bufio.NewReader(conn))
				if _, err := reader.ReadLine(); err != nil {
					return
				}
				if _, err := reader.ReadMIMEHeader(); err == nil {
					conn.Write([]byte(answer))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func checkProps(addr, datasource string) map[string]any {
	props := map[string]any{"addr": addr}
	if datasource != "" {
		props["datasource"] = datasource
	}
	return props
}

func with(props map[string]any, key string, value any) map[string]any {
	props[key] = value
	return props
}
