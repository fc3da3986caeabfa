package rig

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Payload is the message that a sender repeats.
type Payload struct {
	Name   string // 100 B JSON, protobuf…
	Format string // of the stream
	With   string // more of the stream's options
	File   string
	Size   int
	Stamp  int // where the 16 digits of "sent" are; -1: it has none
}

// Schema is what the protobuf payload is encoded with.
const Schema = `syntax = "proto3";
message Reading {
  int64 seq = 1;
  string sensor = 2;
  double temperature = 3;
  double humidity = 4;
  int64 sent = 5;
}`

const sixteenZeros = "0000000000000000"

// JSON writes an object of exactly that many bytes: a sensor's reading, and in a large one its earlier values.
func JSON(dir string, size int) (Payload, error) {
	// One digit is no leading zero: the stamp replaces all sixteen, and JSON knows no number 0000.
	text := `{"sent":1` + sixteenZeros[1:] + `,"sensor":"boiler-07","temperature":21.5,"humidity":48.2`
	if size > 200 {
		text += `,"history":[`
		for i := 0; len(text) < size-90; i++ {
			text += fmt.Sprintf(`{"at":%d,"temperature":%d.%d,"ok":true},`, 1700000000+i, 20+i%5, i%10)
		}
		text = strings.TrimSuffix(text, ",") + "]"
	}
	const open, end = `,"note":"`, `"}`
	missing := size - len(text) - len(open) - len(end)
	if missing < 0 {
		return Payload{}, fmt.Errorf("a JSON message of %d bytes is too small", size)
	}
	text += open + strings.Repeat("x", missing) + end
	name := fmt.Sprintf("%d B", size)
	if size >= 1024 {
		name = fmt.Sprintf("%d KiB", size/1024)
	}
	return write(dir, Payload{Name: "JSON " + name, Format: "json", Stamp: len(`{"sent":`)}, []byte(text))
}

// Protobuf writes a Reading; the schema is to be registered under that name.
func Protobuf(dir, schema string) (Payload, error) {
	const varint, fixed64, bytesType = 0, 1, 2
	var out []byte
	tag := func(field, kind int) { out = append(out, byte(field<<3|kind)) }
	tag(1, varint)
	out = binary.AppendUvarint(out, 1234567)
	tag(2, bytesType)
	out = binary.AppendUvarint(out, 9)
	out = append(out, "boiler-07"...)
	tag(3, fixed64)
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(21.5))
	tag(4, fixed64)
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(48.2))
	tag(5, varint)
	out = binary.AppendUvarint(out, 1700000000000000)
	with := fmt.Sprintf(`, SCHEMAID="%s.Reading"`, schema)
	return write(dir, Payload{Name: fmt.Sprintf("protobuf %d B", len(out)), Format: "protobuf", With: with, Stamp: -1}, out)
}

// Binary writes what only the format binary takes.
func Binary(dir string, size int) (Payload, error) {
	p := Payload{Name: fmt.Sprintf("binary %d B", size), Format: "binary", Stamp: -1}
	return write(dir, p, bytes.Repeat([]byte{0xff, 0x00, 0x80, 0x7f}, size/4))
}

func write(dir string, p Payload, content []byte) (Payload, error) {
	p.Size = len(content)
	p.File = filepath.Join(dir, strings.ReplaceAll(p.Name, " ", "_"))
	return p, os.WriteFile(p.File, content, 0o644)
}
