package e2e

import (
	"fmt"
	"net"
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
		err = h.Ping("websocket", with(checkProps("", datasource), "httpServerPort", port))
		if err == nil {
			t.Fatal("the check of a taken port passed")
		}
		contains(t, err.Error(), fmt.Sprint(port))
	}
	// A check leaves nothing behind.
	equal(t, kuiper.Bindable(free), true)
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
