// The demo: the real kuiperd with the plugin, both modes of the source, a fleet of sensors, and the count of what
// arrived, with the source that is built into eKuiper beside it. Run it with make demo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const startDeadline = 20 * time.Second

func main() {
	keep := flag.Bool("keep", os.Getenv("KEEP") != "", "stay up after the table, until Ctrl-C")
	messages := flag.Uint64("messages", 60000, "messages in each pass, if its time allows")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := demo(ctx, *messages, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo starts the host and ends it again, whatever comes between.
func demo(ctx context.Context, messages uint64, keep bool) (err error) {
	dir, err := scratch()
	if err != nil {
		return err
	}
	starting, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	host, err := kuiper.Start(starting, kuiper.Options{Dir: dir, Plugin: true})
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer func() {
		stopped := host.Stop()
		if ctx.Err() == nil { // Ctrl-C in a terminal reaches kuiperd too: then it may have ended by itself
			err = errors.Join(err, stopped)
		}
	}()
	fmt.Printf("eKuiper with the plugin runs in %s, REST on %s\n", dir, host.URL())
	fmt.Printf("%s\n%s\n", alarmSQL("..."), windowSQL("..."))

	results := runAll(ctx, host, plan(messages))
	if ctx.Err() != nil {
		return errors.New("stopped by a signal")
	}
	printTable(os.Stdout, results)
	if err = judge(results); err != nil {
		printErrors(os.Stderr, host.Log())
	}
	if keep {
		err = errors.Join(err, stay(ctx, host))
	}
	return err
}

// scratch makes the folder that everything happens in.
func scratch() (string, error) {
	root := os.Getenv("EKWS_ROOT")
	if root == "" {
		return "", errors.New("EKWS_ROOT is not set; run this with make demo")
	}
	build := filepath.Join(root, "build")
	if err := os.MkdirAll(build, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(build, "demo-")
}
