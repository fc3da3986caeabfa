package kuiper

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// Folders that kuiperd wants to find in its working directory.
var hostFolders = []string{
	"data", "log",
	"plugins/sources", "plugins/sinks", "plugins/functions", "plugins/portable", "plugins/wasm",
}

// layOut fills an empty folder with everything a host needs and returns the port that kuiper.yaml names for the data
// server, which is the one our listener takes.
func layOut(dir string, o Options, dataPort int) (int, error) {
	for _, folder := range hostFolders {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return 0, err
		}
	}
	etc, err := fromEnv("EKWS_HOST_ETC")
	if err != nil {
		return 0, err
	}
	if err := os.CopyFS(filepath.Join(dir, "etc"), os.DirFS(etc)); err != nil {
		return 0, fmt.Errorf("copying the host's etc: %w", err)
	}
	// The module cache is read-only; the host edits its own copies.
	if err := makeWritable(filepath.Join(dir, "etc")); err != nil {
		return 0, err
	}
	if o.Plugin {
		if err := installPlugin(dir); err != nil {
			return 0, err
		}
	}
	for path, text := range o.Files {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			return 0, err
		}
	}
	return editKuiperYAML(filepath.Join(dir, "etc", "kuiper.yaml"), o.KuiperYAML, dataPort)
}

func installPlugin(dir string) error {
	plugin, err := fromEnv("EKWS_PLUGIN")
	if err != nil {
		return err
	}
	root, err := fromEnv("EKWS_ROOT")
	if err != nil {
		return err
	}
	copies := map[string]string{
		plugin:                                "plugins/sources/Websocket.so",
		filepath.Join(root, "websocket.yaml"): "etc/sources/websocket.yaml",
		filepath.Join(root, "websocket.json"): "etc/sources/websocket.json",
	}
	for from, to := range copies {
		if err := copyFile(from, filepath.Join(dir, to)); err != nil {
			return fmt.Errorf("installing the plugin: %w", err)
		}
	}
	return nil
}

// editKuiperYAML puts a free loopback address into the source section, lets the caller edit the rest and reads back
// what is there then.
func editKuiperYAML(path string, edit func(map[string]any), dataPort int) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	doc := map[string]any{}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	source, ok := doc["source"].(map[string]any)
	if !ok {
		return 0, fmt.Errorf("%s has no source section", path)
	}
	source["httpServerIp"] = "127.0.0.1"
	source["httpServerPort"] = dataPort
	if edit != nil {
		edit(doc)
	}
	if text, err = yaml.Marshal(doc); err != nil {
		return 0, err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return 0, err
	}
	if source, ok = doc["source"].(map[string]any); !ok {
		return 0, nil
	}
	port, _ := source["httpServerPort"].(int)
	return port, nil
}

func fromEnv(name string) (string, error) {
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("%s is not set; the Makefile exports it (make test)", name)
	}
	return value, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func makeWritable(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
}
