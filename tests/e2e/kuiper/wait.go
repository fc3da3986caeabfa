package kuiper

import (
	"fmt"
	"time"
)

const pollInterval = 10 * time.Millisecond

// Until asks cond again and again until it says true. cond also says what it saw, so that the error of a deadline that
// has passed tells what was there instead of what was awaited.
func Until(deadline time.Duration, what string, cond func() (ok bool, seen string)) error {
	limit := time.Now().Add(deadline)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		ok, seen := cond()
		if ok {
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("waited %v for %s; last seen: %s", deadline, what, seen)
		}
		<-tick.C
	}
}
