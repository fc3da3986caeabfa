package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// Through both kinds of relay, bytes and the end of either direction get from one plain side to the other.
func TestRelaysPassOnWhatIsSaidAndItsEnd(t *testing.T) {
	credentials, err := makeCredentials(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	unveiling, err := unveilingRelay(server.Addr().String(), credentials)
	if err != nil {
		t.Fatal(err)
	}
	defer unveiling.close()
	securing, err := securingRelay(unveiling.address(), credentials)
	if err != nil {
		t.Fatal(err)
	}
	defer securing.close()

	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		heard, _ := io.ReadAll(conn) // until the client has closed its half
		conn.Write(append([]byte("heard "), heard...))
	}()
	conn, err := net.Dial("tcp4", securing.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	conn.Write([]byte("hello"))
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	if err != nil || string(answer) != "heard hello" {
		t.Errorf("got %q, %v", answer, err)
	}
}
