package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page runs what a page of the documentation tells its reader to type, in the order of the page.
type page struct {
	text string
	here *strings.Replacer  // the reader's addresses and folders, and those of the test
	env  []string           // of the commands
	do   map[string]command // by the first words of a line; the longest that fits is taken
	ran  map[string]int     // by the same words
}

// command runs a line, which has been changed to this test's addresses.
type command func(t *testing.T, line string)

func openPage(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_ROOT"), name))
	must(t, err)
	return &page{text: string(text), here: strings.NewReplacer(), do: map[string]command{}, ran: map[string]int{}}
}

// blocks are the contents of the page's code blocks in that language.
func (p *page) blocks(language string) (found []string) {
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(p.text, -1) {
		found = append(found, strings.TrimSpace(block[1]))
	}
	return found
}

func (p *page) run(t *testing.T) {
	t.Helper()
	for _, block := range p.blocks("sh") {
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			words := ""
			for known := range p.do {
				if strings.HasPrefix(line, known) && len(known) > len(words) {
					words = known
				}
			}
			if words == "" {
				t.Errorf("no test runs the command %q", line)
				continue
			}
			p.ran[words]++
			p.do[words](t, p.here.Replace(line))
		}
	}
}

// shell runs a line in the tree; a reader who is asked says yes.
func (p *page) shell(t *testing.T, line string) {
	t.Helper()
	p.answer(t, line)
}

// answer is what a line that shell runs prints.
func (p *page) answer(t *testing.T, line string) string {
	t.Helper()
	run := inTree("bash", "-ec", strings.Replace(line, "curl ", "curl -sS --fail-with-body ", 1))
	run.Env = append(run.Env, p.env...)
	run.Stdin = strings.NewReader("y\n")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// with is shell, with more words at the end of the line.
func (p *page) with(words string) command {
	return func(t *testing.T, line string) {
		t.Helper()
		p.shell(t, line+" "+words)
	}
}

// skip is for what runs the test itself, or is seen to elsewhere.
func skip(*testing.T, string) {}

// variables are the environment that a line sets for its command.
func variables(line string) (found []string) {
	for _, word := range strings.Fields(line) {
		if regexp.MustCompile(`^[A-Z_]+=`).MatchString(word) {
			found = append(found, word)
		}
	}
	return found
}
