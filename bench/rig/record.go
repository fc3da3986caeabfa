package rig

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"time"
)

// Book keeps the raw results, one line of JSON each, and tells on stderr how far it is.
type Book struct {
	file  *os.File
	bench string
	start time.Time
}

// NewBook starts the file anew.
func NewBook(path, bench string) (*Book, error) {
	file, err := os.Create(path)
	return &Book{file, bench, time.Now()}, err
}

// Say tells on stderr what comes.
func (b *Book) Say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %4.0fs  %s\n", b.bench, time.Since(b.start).Seconds(), fmt.Sprintf(format, args...))
}

// Keep writes a result with what it is of.
func (b *Book) Keep(of map[string]any, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	line := map[string]any{}
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	maps.Copy(line, of)
	line["bench"] = b.bench
	if text, err = json.Marshal(line); err != nil {
		return err
	}
	_, err = b.file.Write(append(text, '\n'))
	return err
}

// Close ends the file.
func (b *Book) Close() error { return b.file.Close() }
