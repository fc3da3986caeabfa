// The demo: the real kuiperd with the plugin, both modes of the source, a fleet of sensors, and the count of what
// arrived, with the source that is built into eKuiper beside it. Run it with make demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const startDeadline = time.Minute

func main() {
	o, status, goOn := parse(os.Args[1:], os.Stdout, os.Stderr)
	if !goOn {
		os.Exit(status)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := demo(ctx, plan(o.messages), o.tls, o.keep); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// site is what the passes run on.
type site struct {
	host *kuiper.Host
	tls  *credentials // nil: plain
}

// demo starts the host and ends it again, whatever comes between.
func demo(ctx context.Context, passes []pass, secure, keep bool) (err error) {
	dir, err := scratch()
	if err != nil {
		return err
	}
	host, credentials, err := start(ctx, dir, secure)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	site := site{host, credentials}
	defer func() {
		stopped := host.Stop()
		if ctx.Err() == nil { // Ctrl-C in a terminal reaches kuiperd too: then it may have ended by itself
			err = errors.Join(err, stopped)
		}
	}()
	fmt.Printf("eKuiper with the plugin runs in %s, REST on %s\n", dir, host.URL())
	if secure {
		fmt.Printf("Its sources speak TLS, with %s; a relay does so for ekws-load\n", credentials.certFile)
	}
	fmt.Printf("%s\n%s\n", alarmSQL("..."), windowSQL("..."))

	results := runAll(ctx, site, passes)
	if ctx.Err() != nil {
		return errors.New("stopped by a signal")
	}
	printTable(os.Stdout, results)
	if err = judge(results); err != nil {
		printErrors(os.Stderr, host.Log())
	}
	if keep {
		err = errors.Join(err, stay(ctx, site))
	}
	return err
}

func start(ctx context.Context, dir string, secure bool) (host *kuiper.Host, c *credentials, err error) {
	options := kuiper.Options{Dir: dir, Plugin: true}
	if secure {
		if c, err = makeCredentials(dir); err != nil {
			return nil, nil, err
		}
		options.KuiperYAML = c.kuiperYAML
	}
	starting, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	host, err = kuiper.Start(starting, options)
	return host, c, err
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
