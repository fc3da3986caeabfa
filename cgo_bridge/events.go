package main

import "github.com/lf-edge/ekuiper/contract/v2/api"

// events reads the event channel of a subscription. Texts are copied out, so its memory is used again.
type events struct {
	core    core
	sub     subscription
	bytes   []byte
	records []record
}

func newEvents(c core, s subscription) events {
	return events{core: c, sub: s, bytes: make([]byte, eventBytes), records: make([]record, 64)}
}

// drain gives each queued event to tell, oldest first, until nothing is left.
func (e *events) drain(tell func(r *record, text string)) error {
	for {
		d, err := e.core.drain(e.sub, channelEvents, e.bytes, e.records)
		if err == nil {
			err = checkDrained(d, e.bytes)
		}
		if err != nil {
			return err
		}
		if d.needed > 0 {
			e.bytes = make([]byte, d.needed)
			continue
		}
		for i := range e.records[:d.records] {
			r := &e.records[i]
			tell(r, string(r.payload(e.bytes)))
		}
		if d.more == 0 {
			return nil
		}
	}
}

func logLine(log api.Logger, level int32, line string) {
	switch level {
	case logError:
		log.Error(line)
	case logWarn:
		log.Warn(line)
	case logInfo:
		log.Info(line)
	default:
		log.Debug(line)
	}
}
