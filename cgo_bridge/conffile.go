package main

import (
	"flag"
	"io"
	"os"
	"path/filepath"
)

const (
	// baseVariable names the folder that a host not started in its own folder is told to work in.
	baseVariable = "KuiperBaseKey"
	// packageEtc is where hosts installed from a package look.
	packageEtc = "/etc/kuiper"
)

// findKuiperYaml is the kuiper.yaml that the host was started with, or "": root is the host's folder, args are its
// arguments. The host looks in the etc folder of root and then upwards; with -loadFileType absolute, in the folder of
// -etc, which is /etc/kuiper unless given. A packaged host may have absolute built in, where no argument shows it:
// therefore that folder also comes last.
func findKuiperYaml(root string, args []string) string {
	absolute, etc := hostArguments(args)
	if !absolute {
		for dir := root; ; dir = filepath.Dir(dir) {
			if file := filepath.Join(dir, "etc", "kuiper.yaml"); isFile(file) {
				return file
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if file, err := filepath.Abs(filepath.Join(etc, "kuiper.yaml")); err == nil && isFile(file) {
		return file
	}
	return ""
}

// hostArguments reads the two arguments of kuiperd that move its configuration.
func hostArguments(args []string) (absolute bool, etc string) {
	fs := flag.NewFlagSet("kuiperd", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	load := fs.String("loadFileType", "", "")
	fs.StringVar(&etc, "etc", "", "")
	for _, other := range []string{"data", "log", "plugins"} {
		fs.String(other, "", "")
	}
	// Like the host, keep what was read before an argument that is not known.
	_ = fs.Parse(args)
	if etc == "" {
		etc = packageEtc
	}
	return *load == "absolute", etc
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
