package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const metaColumns = "n, meta(remoteAddress) AS remote, meta(path) AS path, meta(pathParams) AS params, " +
	"meta(query) AS query, meta(host) AS host, meta(subprotocol) AS sub, meta(messageType) AS type, meta(connectionId) AS id"

func TestMetadataOfAServerPathWithParameters(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	base := "/" + name("fleet")
	s := stream{Path: base + "/{site}/devices/{id}/data"}
	id := s.create(t, h)
	rows := newCollector(t)
	createRule(t, h, "SELECT "+metaColumns+" FROM "+id, kuiper.RuleOptions{Collector: rows})

	first := dial(t, h.ServerPort(), base+"/berlin/devices/7/data?token=a%20b&empty=")
	second := dial(t, h.ServerPort(), base+"/m%C3%BCnchen/devices/8/data")
	first.text(t, `{"n":1}`)
	must(t, rows.WaitN(1, patience))
	second.binary(t, []byte(`{"n":2}`))
	must(t, rows.WaitN(2, patience))
	first.binary(t, []byte(`{"n":3}`))
	must(t, rows.WaitN(3, patience))

	got := rows.Rows()
	for i, row := range got {
		equal(t, row["n"], i+1)
		equal(t, row["host"], fmt.Sprintf("127.0.0.1:%d", h.ServerPort()))
	}
	for _, i := range []int{0, 2} {
		equal(t, got[i]["remote"], first.LocalAddr())
		equal(t, got[i]["path"], base+"/berlin/devices/7/data")
		equal(t, toJSON(t, got[i]["params"]), `{"id":"7","site":"berlin"}`)
		equal(t, toJSON(t, got[i]["query"]), `{"empty":"","token":"a b"}`)
	}
	equal(t, got[1]["remote"], second.LocalAddr())
	equal(t, toJSON(t, got[1]["params"]), `{"id":"8","site":"münchen"}`)
	equal(t, []any{got[0]["type"], got[1]["type"], got[2]["type"]}, []any{"text", "binary", "binary"})
	equal(t, got[0]["id"] != nil && got[0]["id"] != got[1]["id"], true)
	equal(t, got[2]["id"], got[0]["id"])

	// A pattern stands for whole segments, one each.
	for _, path := range []string{"/berlin/devices/data", "/berlin/devices/7/8/data", "/berlin/devices//data"} {
		equal(t, httpStatus(t, h.ServerPort(), upgradeRequest(base+path)), 404)
	}
}

func TestMetadataOfAClient(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	s := stream{Path: "/api/data?device=7&key=x%2Fy", Props: map[string]any{
		"addr":          p.addr,
		"requestHeader": map[string]any{"X-List": []string{"one", "two"}, "X-Plain": "three"},
	}}
	id := s.create(t, h)
	rows := newCollector(t)
	createRule(t, h, "SELECT "+metaColumns+" FROM "+id, kuiper.RuleOptions{Collector: rows})
	conn := p.next(t)
	equal(t, conn.request.URL.RequestURI(), "/api/data?device=7&key=x%2Fy")
	// One line a value or all in one: the same to any receiver (RFC 9110 section 5.3).
	equal(t, strings.Join(conn.request.Header.Values("X-List"), ", "), "one, two")
	equal(t, conn.request.Header.Values("X-Plain"), []string{"three"})
	equal(t, conn.request.Host, p.addr)
	conn.text(t, `{"n":1}`)
	must(t, rows.WaitN(1, patience))
	row := rows.Rows()[0]
	equal(t, row["remote"], p.addr)
	equal(t, row["path"], "/api/data")
	equal(t, toJSON(t, row["query"]), `{"device":"7","key":"x/y"}`)
	equal(t, row["host"], p.addr)
	equal(t, row["type"], "text")
}

// Each key that docs/configure.md lists is delivered, and no other.
func TestMetadataIsWhatThePageLists(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	_, section, _ := strings.Cut(readPage(t, "docs/configure.md"), "## What a rule can read with `meta()`")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1) {
		listed = append(listed, row[1])
	}
	found := map[string]any{}
	// open gives the peer of a rule that has been started; what its messages bring is found.
	read := func(stream, column string, open func() *peerConn) any {
		rows := newCollector(t)
		createRule(t, h, "SELECT meta(*) AS meta, "+column+" AS one FROM "+stream, kuiper.RuleOptions{Collector: rows})
		conn := open()
		until(t, "a row", func() (bool, string) {
			conn.text(t, `{"n":1}`) // again: a second rule of a stream may not be reading yet
			return rows.Len() > 0, column
		})
		row := rows.Rows()[0]
		maps.Copy(found, row["meta"].(map[string]any))
		return row["one"]
	}

	p := newPeer(t)
	client := stream{Path: "/a", Props: map[string]any{
		"addr": p.addr, "requestHeader": map[string]any{"Sec-WebSocket-Protocol": "other, " + peerSubprotocol},
	}}
	equal(t, read(client.create(t, h), "meta(subprotocol)", func() *peerConn { return p.next(t) }), peerSubprotocol)

	base := "/" + name("page")
	pattern := stream{Path: base + "/{id}"}
	equal(t, read(pattern.create(t, h), "meta(pathParams)->id", func() *peerConn {
		return dial(t, h.ServerPort(), base+"/7?q=1")
	}), "7")

	ca := newCA(t, "Plant CA")
	secured := newTLSServer(t, h, ca.issue(t, "server").write(t).server(), map[string]any{"clientCaFile": ca.writeCert(t)})
	device := ca.trusts(t, ca.issue(t, "device 7"))
	equal(t, read(secured.stream, "meta(tlsSubject)", func() *peerConn {
		return dialTLS(t, secured.port, secured.path, device)
	}), "CN=device 7")

	equal(t, slices.Sorted(maps.Keys(found)), slices.Sorted(slices.Values(listed)))
}

// The more exact path wins over a pattern that fits as well.
func TestExactPathBeforePattern(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	base := "/" + name("exact")
	pattern := newFlow(t, h, stream{Path: base + "/{id}"}, kuiper.RuleOptions{})
	exact := newFlow(t, h, stream{Path: base + "/seven"}, kuiper.RuleOptions{})
	pattern.waitConnection(t, connected)
	exact.waitConnection(t, connected)
	dial(t, h.ServerPort(), base+"/seven").text(t, `{"n":7}`)
	dial(t, h.ServerPort(), base+"/eight").text(t, `{"n":8}`)
	exact.waitRows(t, 1)
	pattern.waitRows(t, 1)
	equal(t, rawRows(exact.rows), []string{`{"n":7}`})
	equal(t, rawRows(pattern.rows), []string{`{"n":8}`})
}
