// Package kuiper runs a real kuiperd in a scratch folder on free ports and speaks to its REST interface. It is the
// harness of the end-to-end tests and of the demo.
package kuiper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopDeadline is longer than the host's own patience (basic.gracefulShutdownTimeout, 10 s).
const stopDeadline = 30 * time.Second

// Options of one host. The zero value is a stock host without the plugin.
type Options struct {
	// Dir is the working directory; it is made, and removed by Stop. Empty: a new one in the system's temporary folder.
	Dir string
	// Plugin installs $EKWS_PLUGIN and the websocket.yaml and websocket.json of $EKWS_ROOT.
	Plugin bool
	// Files are written into Dir before the start, over what is there: path below Dir → text.
	Files map[string]string
	// Env is added to the host's environment ("NAME=value") and overrides what the harness sets.
	Env []string
	// Wrap is a command that ends in running, in its own place, the command that is added to it: kuiperd's.
	Wrap []string
	// Keep leaves Dir where it is.
	Keep bool
	// KuiperYAML edits etc/kuiper.yaml before the start. The harness has then already put a free loopback address into
	// its source section.
	KuiperYAML func(map[string]any)
}

// Host is a running kuiperd. Its methods may be called from several goroutines.
type Host struct {
	dir           string
	keep          bool
	command       []string
	env           []string
	restPort      int
	pprofPort     int
	dataPort      int
	serverPort    int
	client        *http.Client
	process       *os.Process
	ended         chan struct{} // closed when the process is gone
	endState      error         // how it ended; read after ended
	printedBefore int           // bytes of Output that are of earlier runs
	stopOnce      sync.Once
	stopErr       error
}

// Start starts a host and returns when its REST interface answers and it says that it serves. ctx bounds the start only.
func Start(ctx context.Context, o Options) (*Host, error) {
	kuiperd, err := fromEnv("EKWS_KUIPERD")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(5)
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(o.Dir)
	if err != nil {
		return nil, err
	}
	h := &Host{
		dir: dir, keep: o.Keep, command: append(slices.Clone(o.Wrap), kuiperd), env: append(hostEnv(ports), o.Env...), restPort: ports[0], pprofPort: ports[2], dataPort: ports[3],
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}},
		ended:  make(chan struct{}),
	}
	if h.serverPort, err = layOut(dir, o, ports[4]); err != nil {
		return nil, errors.Join(err, h.removeDir())
	}
	if err := h.spawn(); err != nil {
		return nil, errors.Join(err, h.removeDir())
	}
	if err := h.waitUp(ctx); err != nil {
		return nil, errors.Join(err, h.Stop())
	}
	return h, nil
}

func makeDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "ekws-host-")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

func hostEnv(ports []int) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + os.Getenv("HOME"),
		"KUIPER__BASIC__RESTIP=127.0.0.1",
		fmt.Sprintf("KUIPER__BASIC__RESTPORT=%d", ports[0]),
		"KUIPER__BASIC__IP=127.0.0.1",
		fmt.Sprintf("KUIPER__BASIC__PORT=%d", ports[1]),
		fmt.Sprintf("KUIPER__BASIC__PPROFPORT=%d", ports[2]),
		// Moves the host's own data server while kuiper.yaml keeps the port for our listener.
		fmt.Sprintf("KUIPER__SOURCE__HTTPSERVERPORT=%d", ports[3]),
		// Keeps the log in one file, whatever its size and the time of day.
		"KUIPER__BASIC__ROTATESIZE=1073741824",
		"KUIPER__BASIC__ROTATETIME=8760",
		// Lets the rest sink reach the collector on loopback.
		"KUIPER__BASIC__ENABLEPRIVATENET=true",
	}
}

// spawn starts the process, tied to this one.
func (h *Host) spawn() error {
	output, err := os.OpenFile(h.outputPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer output.Close()
	h.printedBefore = len(h.Output())
	cmd := exec.Command(h.command[0], h.command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = h.dir, h.env, output, output
	err = StartTied(cmd, func() {
		h.endState = cmd.Wait()
		close(h.ended)
	})
	if err != nil {
		return fmt.Errorf("starting kuiperd: %w", err)
	}
	h.process = cmd.Process
	return nil
}

func (h *Host) waitUp(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		// It prints this once REST is up, and handles SIGTERM only then.
		serving := strings.Contains(h.Output()[h.printedBefore:], "Serving kuiper")
		if code, _, err := h.Do(http.MethodGet, "/ping", nil); err == nil && code == http.StatusOK && serving {
			return nil
		}
		select {
		case <-h.ended:
			return fmt.Errorf("kuiperd ended during its start: %v\n%s", h.endState, h.Output())
		case <-ctx.Done():
			return fmt.Errorf("kuiperd does not answer on port %d, or does not say that it serves: %w\n%s", h.restPort, ctx.Err(), h.Output())
		case <-tick.C:
		}
	}
}

// Restart ends the host and starts it again in the same folder with the same ports. env is added to its environment;
// a NAME alone is taken out of it. No other method may be running.
func (h *Host) Restart(ctx context.Context, env ...string) error {
	if err := h.end(); err != nil {
		return err
	}
	for _, variable := range env {
		name, _, set := strings.Cut(variable, "=")
		h.env = slices.DeleteFunc(h.env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if set {
			h.env = append(h.env, variable)
		}
	}
	h.ended, h.endState = make(chan struct{}), nil
	if err := h.spawn(); err != nil {
		return err
	}
	return h.waitUp(ctx)
}

// Stop ends the host in order (SIGTERM), and by force only when that takes too long, which is an error, as is a host
// that had ended before. It removes the folder. Further calls return what the first one did.
func (h *Host) Stop() error {
	h.stopOnce.Do(func() {
		h.stopErr = errors.Join(h.end(), h.removeDir())
	})
	return h.stopErr
}

func (h *Host) end() error {
	select {
	case <-h.ended:
		return fmt.Errorf("kuiperd had ended by itself: %v\n%s", h.endState, h.Output())
	default:
	}
	if err := h.process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-h.ended:
		if h.endState != nil {
			return fmt.Errorf("kuiperd: %w\n%s", h.endState, h.Output())
		}
		return nil
	case <-time.After(stopDeadline):
	}
	err := h.process.Kill()
	<-h.ended
	return errors.Join(fmt.Errorf("kuiperd did not end within %v of SIGTERM", stopDeadline), err)
}

func (h *Host) removeDir() error {
	if h.keep {
		return nil
	}
	return os.RemoveAll(h.dir)
}

// URL of the REST interface.
func (h *Host) URL() string { return fmt.Sprintf("http://127.0.0.1:%d", h.restPort) }

// PID of kuiperd.
func (h *Host) PID() int { return h.process.Pid }

// Dir is the host's working directory.
func (h *Host) Dir() string { return h.dir }

// ServerPort is the port that kuiper.yaml documents for the data server: our listener's.
func (h *Host) ServerPort() int { return h.serverPort }

// PprofPort is one more that this process listens on.
func (h *Host) PprofPort() int { return h.pprofPort }

// BuiltinPort is where the environment has put the host's own data server: that of websocketBuiltin in server mode.
func (h *Host) BuiltinPort() int { return h.dataPort }

// Log is what the host has written to its log file so far.
func (h *Host) Log() string { return readAll(filepath.Join(h.dir, "log", "stream.log")) }

// Output is what the process has written to stdout and stderr so far.
func (h *Host) Output() string { return readAll(h.outputPath()) }

func (h *Host) outputPath() string { return filepath.Join(h.dir, "output.txt") }

func readAll(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
