package kuiper

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Ports are drawn from below the range that kernels hand out to outgoing connections (32768 and up on Linux): a port
// that the kernel chose may be somebody's source port again by the time the host binds it.
const (
	firstPort = 12000
	lastPort  = 32000
)

var given = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

// FreePort gives a TCP port that nobody listens on and that this process has not given before.
func FreePort() (int, error) {
	given.Lock()
	defer given.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if given.ports[port] || !Bindable(port) {
			continue
		}
		given.ports[port] = true
		return port, nil
	}
	return 0, errors.New("no free TCP port found")
}

// Bindable tells whether a listener could be opened on the port, on all addresses, right now.
func Bindable(port int) bool {
	l, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		ports[i] = port
	}
	return ports, nil
}
