package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// streamContext has what a source may use in every version of the contract; the embedded nil interface supplies the
// rest and makes its use a panic.
type streamContext struct {
	api.StreamContext
	ctx context.Context
}

func (c *streamContext) Deadline() (time.Time, bool) { return c.ctx.Deadline() }
func (c *streamContext) Done() <-chan struct{}       { return c.ctx.Done() }
func (c *streamContext) Err() error                  { return c.ctx.Err() }
func (c *streamContext) Value(key any) any           { return c.ctx.Value(key) }
func (c *streamContext) GetLogger() api.Logger       { return logger{} }
func (c *streamContext) GetRuleId() string           { return "smoke" }
func (c *streamContext) GetOpId() string             { return "smoke" }
func (c *streamContext) GetRootPath() string         { return "" }

// logger writes to stderr, for whoever reads why the test failed.
type logger struct{}

func (logger) Debug(a ...any)            { fmt.Fprintln(os.Stderr, a...) }
func (logger) Info(a ...any)             { fmt.Fprintln(os.Stderr, a...) }
func (logger) Warn(a ...any)             { fmt.Fprintln(os.Stderr, a...) }
func (logger) Error(a ...any)            { fmt.Fprintln(os.Stderr, a...) }
func (logger) Debugf(f string, a ...any) { fmt.Fprintf(os.Stderr, f+"\n", a...) }
func (logger) Infof(f string, a ...any)  { fmt.Fprintf(os.Stderr, f+"\n", a...) }
func (logger) Warnf(f string, a ...any)  { fmt.Fprintf(os.Stderr, f+"\n", a...) }
func (logger) Errorf(f string, a ...any) { fmt.Fprintf(os.Stderr, f+"\n", a...) }
