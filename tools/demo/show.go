package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const (
	shownErrors = 20
	rowsASecond = 3
)

// show prints the first `limit` rows as they come.
func show(ctx context.Context, label string, rows *kuiper.Collector, limit int) {
	for shown := 0; shown < limit && ctx.Err() == nil; {
		if rows.WaitN(shown+1, poll) != nil {
			continue
		}
		news := rows.Raw()[shown:]
		news = news[:min(len(news), limit-shown)]
		shown += len(news)
		printRows(label, news)
	}
}

// showCalmly prints rows as they come, but no more than a few a second.
func showCalmly(ctx context.Context, label string, rows *kuiper.Collector) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seen := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		news := rows.Raw()[seen:]
		seen += len(news)
		printRows(label, news[:min(len(news), rowsASecond)])
		if more := len(news) - rowsASecond; more > 0 {
			fmt.Printf("  %-9s and %d more\n", label, more)
		}
	}
}

func printRows(label string, rows []json.RawMessage) {
	for _, row := range rows {
		if string(row) != "{}" { // a window without messages
			fmt.Printf("  %-9s %s\n", label, row)
		}
	}
}

// showProgress prints a line each second.
func showProgress(ctx context.Context, load *load, scene *scene) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if c, err := scene.progress(); err == nil {
			sent, arrived := load.sent.Load(), min(c.filtered, c.entered)
			fmt.Printf("  progress  %s sent, %s at the rules\n", thousands(max(sent, arrived)), thousands(arrived))
		}
	}
}

// printErrors prints the last errors of the host's log, which goes with the folder.
func printErrors(out io.Writer, log string) {
	var found []string
	for _, line := range strings.Split(log, "\n") {
		if strings.Contains(line, "level=error") {
			found = append(found, line)
		}
	}
	for _, line := range found[max(0, len(found)-shownErrors):] {
		fmt.Fprintln(out, line)
	}
}

// thousands writes 1234567 as 1,234,567.
func thousands(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
