package main

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	// baseVariable names the folder that a host not started in its own folder is told to work in.
	baseVariable = "KuiperBaseKey"
	// dataServerVariable moves the host's own data server off the port that kuiper.yaml documents.
	dataServerVariable = "KUIPER__SOURCE__HTTPSERVERPORT"
	// restVariable and rpcVariable move ports that the host cannot start without.
	restVariable = "KUIPER__BASIC__RESTPORT"
	rpcVariable  = "KUIPER__BASIC__PORT"
	// defaultGroupVariables begins the names of variables that the host lays over the group `default` of websocket.yaml:
	// WEBSOCKET__DEFAULT__ADDR, WEBSOCKET__DEFAULT__HTTPSERVERTLS__CERTFILE.
	defaultGroupVariables = "WEBSOCKET__DEFAULT__"
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

// groupsBeside is the file with the groups of this source, or "": the host looks for it from the folder of kuiper.yaml.
func groupsBeside(kuiperYaml string) string {
	if kuiperYaml == "" {
		return ""
	}
	if file := filepath.Join(filepath.Dir(kuiperYaml), "sources", ownName+".yaml"); isFile(file) {
		return file
	}
	return ""
}

// defaultGroup is what the environment sets in the group `default`. Like the host, it leaves out a variable whose value
// has an = in it.
func defaultGroup(environ []string) map[string]any {
	group := map[string]any{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, defaultGroupVariables) || strings.Contains(value, "=") {
			continue
		}
		keys := strings.Split(strings.ToLower(strings.TrimPrefix(name, defaultGroupVariables)), "__")
		last, in := len(keys)-1, group
		for _, key := range keys[:last] {
			inner, ok := in[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
				in[key] = inner
			}
			in = inner
		}
		in[keys[last]] = value
	}
	return group
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
