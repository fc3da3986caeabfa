package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// options are what the command line says.
type options struct {
	keep, tls bool
	messages  uint64
}

const usage = `ekws-demo: eKuiper with the plugin, a fleet of sensors, and the count of what arrived. Run it with make demo.

  -keep          stay up after the table, until Ctrl-C
  -tls           TLS between the sources and their peers
  -messages N    messages in each pass, if its time allows (60000)
`

// parse says, if the program is not to go on, with which status it ends: 0 when it was asked for help.
func parse(args []string, out, complaints io.Writer) (o options, status int, goOn bool) {
	flags := flag.NewFlagSet("ekws-demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is told below
	flags.BoolVar(&o.keep, "keep", isSet("KEEP"), "")
	flags.BoolVar(&o.tls, "tls", isSet("TLS"), "")
	flags.Uint64Var(&o.messages, "messages", 60000, "")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%s: no option", flags.Arg(0))
	}
	if err == nil && o.messages == 0 {
		err = errors.New("-messages 0 (MESSAGES=0) is not allowed; it must be a whole number from 1")
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return o, 0, false
	case err != nil:
		fmt.Fprintf(complaints, "demo: %v (ekws-demo --help)\n", err)
		return o, 2, false
	}
	return o, 0, true
}

// isSet reads a variable as make demo does: KEEP=1 is yes, KEEP=0 and nothing are no.
func isSet(name string) bool {
	value := os.Getenv(name)
	return value != "" && value != "0"
}
