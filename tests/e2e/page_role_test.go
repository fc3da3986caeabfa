package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The documentation page's two sections, as they are written: an address and /api/data, then /api/data alone. Own
// hosts, since the path is not.
func TestPageAsAClient(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	p := newPeer(t)
	f := newFlow(t, h, stream{Path: "/api/data", Props: map[string]any{"addr": p.addr}}, kuiper.RuleOptions{})
	conn := p.next(t)
	equal(t, conn.request.Host+conn.request.RequestURI, p.addr+"/api/data")
	conn.text(t, `{"temperature":21}`)
	conn.binary(t, []byte(`{"temperature":22}`))
	f.waitRows(t, 2)
	equal(t, rawRows(f.rows), []string{`{"temperature":21}`, `{"temperature":22}`})
}

func TestPageAsAServer(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	// The address left blank, in the default group and in one that a form has written.
	byDefault := newFlow(t, h, stream{Path: "/api/data"}, kuiper.RuleOptions{})
	blank := newFlow(t, h, stream{Path: "/api/data", Props: map[string]any{"addr": ""}}, kuiper.RuleOptions{})
	blank.waitConnection(t, connected)
	byDefault.waitConnection(t, connected)
	for n := range 3 { // several remote clients, one after the other and at a time
		dial(t, h.ServerPort(), "/api/data").text(t, fmt.Sprintf(`{"n":%d}`, n))
		byDefault.waitRows(t, n+1)
		blank.waitRows(t, n+1)
	}
	want := []string{`{"n":0}`, `{"n":1}`, `{"n":2}`}
	equal(t, rawRows(byDefault.rows), want)
	equal(t, rawRows(blank.rows), want)
}

// Address and port are those of the source section of etc/kuiper.yaml.
func TestPageAddressOfKuiperYAML(t *testing.T) {
	t.Parallel()
	port, err := kuiper.FreePort()
	must(t, err)
	h := ownHost(t, kuiper.Options{Plugin: true, KuiperYAML: func(doc map[string]any) {
		source := doc["source"].(map[string]any)
		source["httpServerIp"], source["httpServerPort"] = "127.0.0.2", port
	}})
	f := newFlow(t, h, stream{Path: "/api/data"}, kuiper.RuleOptions{})
	f.waitConnection(t, connected)
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.2:%d", port))
	must(t, err)
	must(t, conn.Close())
	if conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		conn.Close()
		t.Error("it listens on an address that kuiper.yaml does not name")
	}
}

// 10081, as eKuiper ships it, and where nothing says otherwise. An address that no machine has, since the port is one
// for all; it shows in the reason.
func TestPageDefaultPort(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_HOST_ETC"), "kuiper.yaml"))
	must(t, err)
	contains(t, string(shipped), "httpServerIp: 0.0.0.0", "httpServerPort: 10081")
	h := ownHost(t, kuiper.Options{Plugin: true, KuiperYAML: func(doc map[string]any) {
		source := doc["source"].(map[string]any)
		source["httpServerIp"] = "192.0.2.1"
		delete(source, "httpServerPort")
	}})
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), "192.0.2.1:10081")
}

// The server is there from the first rule to the last, whatever is stopped and started in between.
func TestPageLifeOfTheServer(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	waitPortFree(t, h.ServerPort())
	s := stream{}
	id := s.create(t, h)
	waitPortFree(t, h.ServerPort()) // a stream alone needs no server
	first := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{})
	second := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{Stopped: true})
	dial(t, h.ServerPort(), s.Path)
	must(t, h.StartRule(second))
	_, err := h.WaitStatus(second, func(status map[string]any) bool {
		return connection(status, id, "status") == float64(connected)
	}, patience)
	must(t, err)
	must(t, h.StopRule(first))
	dial(t, h.ServerPort(), s.Path)
	must(t, h.StopRule(second))
	waitPortFree(t, h.ServerPort())
	must(t, h.StartRule(first))
	dial(t, h.ServerPort(), s.Path)
}
