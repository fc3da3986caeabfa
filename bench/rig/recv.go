package rig

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// Recv is a running ekws-bench-recv: a recv loop that throws away what it reads.
type Recv struct {
	Port    int
	process *os.Process
	ended   chan struct{}
}

// StartRecv starts one.
func StartRecv() (*Recv, error) {
	r := &Recv{ended: make(chan struct{})}
	cmd := exec.Command(os.Getenv("EKWS_BENCH_RECV"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	port := make(chan string, 1)
	err = kuiper.StartTied(cmd, func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		port <- line
		cmd.Wait()
		close(r.ended)
	})
	if err != nil {
		return nil, fmt.Errorf("starting ekws-bench-recv: %w", err)
	}
	r.process = cmd.Process
	if _, err := fmt.Sscan(<-port, &r.Port); err != nil {
		r.Close()
		return nil, fmt.Errorf("ekws-bench-recv names no port: %w", err)
	}
	return r, nil
}

// Close ends it.
func (r *Recv) Close() error {
	err := r.process.Kill()
	<-r.ended
	return err
}
