package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// stay leaves a stream of each mode running, the client's with a peer that sends slowly, until a signal comes.
func stay(ctx context.Context, site site) (err error) {
	fmt.Println("\nStaying up.")
	peer, err := listenLoad(ctx, site, []string{"--path", clientPath, "--rate", "20"})
	if err != nil {
		return err
	}
	defer peer.stop()
	for _, server := range []bool{true, false} {
		scene, err := newScene(site, ours, server, peer.address)
		defer func() { scene.close() }()
		if err != nil {
			return err
		}
		go showCalmly(ctx, scene.stream, scene.alarms)
	}
	// ekws-load speaks no TLS: what it is told to dial does that for it.
	entry, err := entryFor(site, site.host.ServerPort())
	if err != nil {
		return err
	}
	defer entry.close()
	printHints(site.host, entry.address)
	select {
	case <-ctx.Done():
		return nil
	case <-peer.ended:
		return errors.Join(errors.New("the peer of the stream feed ended"), peer.failure())
	}
}

func printHints(host *kuiper.Host, address string) {
	url := host.URL()
	fmt.Printf(`
The stream fleet listens, the stream feed is connected to a peer that sends 20 messages a second; readings over 33
degrees are printed here, a few each second. In another terminal:

  curl %[1]s/streams
  curl %[1]s/rules
  curl %[1]s/rules/fleet_window/status
  curl -X POST %[1]s/rules/fleet_alarm/stop
  curl -X POST %[1]s/rules/fleet_alarm/start
  curl %[1]s/metadata/sources/websocket
  %[2]s client --url ws://%[3]s%[4]s --rate 1000 --seconds 10
  %[2]s client --url ws://%[3]s%[4]s --messages 100000 --connections 10 --binary
  tail -f %[5]s

Ctrl-C ends it.
`, url, os.Getenv("EKWS_LOAD"), address, serverPath, filepath.Join(host.Dir(), "log", "stream.log"))
}
