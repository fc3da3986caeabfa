package e2e

import (
	"fmt"
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
