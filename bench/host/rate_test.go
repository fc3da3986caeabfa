package main

import "testing"

// Everybody is first once, and behind more than one other.
func TestTurns(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	first, behind := map[string]int{}, map[string]map[string]bool{}
	for round := 1; round <= len(names); round++ {
		now := turn(names, round)
		first[now[0]]++
		for i, name := range now[1:] {
			if behind[name] == nil {
				behind[name] = map[string]bool{}
			}
			behind[name][now[i]] = true
		}
	}
	for _, name := range names {
		if first[name] != 1 || len(behind[name]) < 2 {
			t.Errorf("%s: first %d times, behind %v", name, first[name], behind[name])
		}
	}
}
