package e2e

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// recorder is a WebSocket server that looks at nothing but the key: what it is asked for is kept as it came.
type recorder struct {
	addr     string
	requests chan recorded
}

type recorded struct {
	target string
	header textproto.MIMEHeader
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	r := &recorder{addr: listener.Addr().String(), requests: make(chan recorded, 100)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go r.serve(conn)
		}
	}()
	return r
}

func (r *recorder) serve(conn net.Conn) {
	reader := textproto.NewReader(bufio.NewReader(conn))
	line, err := reader.ReadLine()
	if err != nil {
		return
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return
	}
	sum := sha1.Sum([]byte(header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	r.requests <- recorded{strings.TrimSuffix(strings.TrimPrefix(line, "GET "), " HTTP/1.1"), header}
}

// clientRequest makes a rule on a stream of the source type and returns what its first handshake asks for. An error is
// the rule's.
func clientRequest(t *testing.T, h *kuiper.Host, sourceType, path string, props map[string]any) (recorded, error) {
	t.Helper()
	r := newRecorder(t)
	props = maps.Clone(props)
	if props == nil {
		props = map[string]any{}
	}
	host, port, err := net.SplitHostPort(r.addr)
	must(t, err)
	addr, _ := props["addr"].(string)
	if addr == "" {
		addr = "$:#"
	}
	props["addr"] = strings.NewReplacer("$", host, "#", port).Replace(addr)
	group, id, rule := name("g"), name("s"), name("r")
	must(t, h.ConfKeyOf(sourceType, group, props))
	must(t, h.CreateStream(fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="%s", DATASOURCE="%s", FORMAT="json", CONF_KEY="%s")`,
		id, sourceType, path, group)))
	defer func() { check(t, h.DropStream(id)) }()
	once := kuiper.RuleOptions{Options: map[string]any{"restartStrategy": map[string]any{"attempts": 0}}}
	if err := h.CreateRule(rule, "SELECT * FROM "+id, once); err != nil {
		return recorded{}, err
	}
	defer func() { check(t, h.DeleteRule(rule)) }()
	limit := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case request := <-r.requests:
			request.header.Set("Host", strings.Replace(request.header.Get("Host"), port, "#", 1))
			return request, nil
		case <-tick.C:
			status, err := h.Status(rule)
			must(t, err)
			if text, _ := status["message"].(string); status["status"] == "stopped by error" {
				return recorded{}, fmt.Errorf("rule stopped: %s", text)
			}
		case <-limit:
			t.Fatalf("%s: neither a request nor an error within %v", sourceType, patience)
		}
	}
}

type clientPath struct {
	path   string
	props  map[string]any
	host   string // Host header of ours, where that is not the built-in's, the address
	target string // what ours asks for, where that is not what the built-in asks for; ruleRefused for an error
	why    string
}

// The path of every case is its own: the built-in gives one connection to all streams with the same path.
var clientPaths = []clientPath{
	{path: "/c/api/data"},
	{path: "/c/slash/"},
	{path: "/c/query?device=7&key=x%2Fy"},
	{path: "/c/query?a=b?c=d"},
	{path: "/c/query?q=a+b"},
	{path: "/c/space in"},
	{path: "/c/space%20in"},
	{path: "/c/ü"},
	{path: "/c/%C3%BC"},
	{path: "/c//double"},
	{path: "/c/./dot"},
	{path: "/c/../up"},
	{path: "/c/plus+and;semi,comma@at:colon"},
	{path: `/c/{brace}^<>|`},
	{path: "/c/per%25cent"},
	{path: "/c/fragment#part"},
	{path: "/c/fragment?q=1#part"},
	{path: "/c/%2e%2e/up", target: "/c/%2e%2e/up", why: asWritten},
	{path: "/c/slash%2Finside", target: "/c/slash%2Finside", why: asWritten},
	{path: "/c/lower%c3%bc", target: "/c/lower%c3%bc", why: asWritten},
	{path: "/c/plain%41", target: "/c/plain%41", why: asWritten},
	{path: "/c/empty?", target: "/c/empty?", why: asWritten},
	{path: "/c/query?q=a b", target: "/c/query?q=a%20b", why: "the built-in sends the space, which breaks the request line"},
	{path: "/c/query?q=ü", target: "/c/query?q=%C3%BC", why: "the built-in sends bytes that no request line may have"},
	{path: "//c/first", target: "//c/first", why: `the built-in takes "c" for a host name and asks for /first`},
	{path: "/c/50%", props: nil},
	{path: "/c/50%zz", props: nil},
	{path: "c/no/slash"},
	{path: ""},
	{path: "/c/datasource/both", props: map[string]any{"path": "/c/path/both"}},
	{path: "/c/datasource/relative", props: map[string]any{"path": "c/path/relative"}},
	{path: "/c/datasource/same", props: map[string]any{"path": "/c/datasource/same"}},
	{path: "", props: map[string]any{"path": "/c/path/alone"}, target: "/c/path/alone",
		why: "the built-in wants a DATASOURCE even where it does not use it"},
	{path: "/c/addr/path", props: map[string]any{"addr": "$:#/base"}},
	{path: "/c/addr/scheme", props: map[string]any{"addr": "ws://$:#"}, target: "/c/addr/scheme",
		why: "the built-in takes no scheme in addr"},
	{path: "/c/addr/name", props: map[string]any{"addr": "localhost:#"}},
	{path: "/c/addr/user", props: map[string]any{"addr": "user:password@$:#"}},
	{path: "/c/addr/no/host", props: map[string]any{"addr": ":#"}, host: "localhost:#"},
	{path: "/c/addr/no/port", props: map[string]any{"addr": "$:port"}},
	{path: "/c/scheme", props: map[string]any{"scheme": "ws"}},
	{path: "/c/scheme/upper", props: map[string]any{"scheme": "WS"}},
	{path: "/c/scheme/wrong", props: map[string]any{"scheme": "http"}},
}

// wantHost is the Host header for the address in a case's properties.
func wantHost(props map[string]any) string {
	addr, _ := props["addr"].(string)
	if addr = strings.TrimPrefix(addr, "ws://"); addr == "" {
		return "$:#"
	}
	return addr
}

const asWritten = "the built-in decodes and encodes the path again; what is encoded stays as it is written, since a " +
	"server may tell %2F from /"

// What a client asks for is what the built-in source asks for; where not, the table says why.
func TestClientPathsAreThoseOfBuiltin(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	for _, c := range clientPaths {
		t.Run(fmt.Sprint(c.path, c.props), func(t *testing.T) {
			t.Parallel()
			ask := func(sourceType string) string {
				request, err := clientRequest(t, h, sourceType, c.path, c.props)
				if err != nil {
					t.Logf("%s: %v", sourceType, err)
					return ruleRefused
				}
				host := strings.Replace(wantHost(c.props), "$", "127.0.0.1", 1)
				if c.host != "" && sourceType == "websocket" {
					host = c.host
				}
				equal(t, request.header.Get("Host"), host)
				return request.target
			}
			ours, theirs := ask("websocket"), ask("websocketBuiltin")
			want := c.target
			if want == "" {
				want = theirs
			} else if want == theirs {
				t.Errorf("the built-in asks for %s, too: it is no difference", want)
			}
			if ours != want {
				t.Errorf("ours %q, built-in %q, expected %q", ours, theirs, want)
			}
		})
	}
}

// Headers, too: lists, the names in other cases, Host.
func TestClientHeadersAreThoseOfBuiltin(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	props := map[string]any{"requestHeader": map[string]any{
		"X-List": []string{"one", "two"}, "x-lower": []string{"a"}, "Authorization": []string{"Bearer token"},
		"Host": []string{"other:1"}, "User-Agent": []string{"agent"}, "Sec-WebSocket-Protocol": []string{"mqtt"},
	}}
	ours, err := clientRequest(t, h, "websocket", "/c/headers", props)
	must(t, err)
	theirs, err := clientRequest(t, h, "websocketBuiltin", "/c/headers", props)
	must(t, err)
	for _, each := range []recorded{ours, theirs} {
		each.header.Del("Sec-WebSocket-Key") // drawn at random
	}
	// One line a value or all in one: the same to any receiver (RFC 9110 section 5.3).
	equal(t, strings.Join(ours.header.Values("X-List"), ", "), strings.Join(theirs.header.Values("X-List"), ", "))
	ours.header.Del("X-List")
	theirs.header.Del("X-List")
	equal(t, toJSON(t, ours.header), toJSON(t, theirs.header))
}
