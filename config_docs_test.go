package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestConfigFileIsTheDefaults holds config.yaml, which documents every key, against the code.
func TestConfigFileIsTheDefaults(t *testing.T) {
	text, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{file: "config.yaml", given: map[string]origin{}}
	var got Config // from zero, so that a key missing in the file shows
	d.decode(text, &got)
	if len(d.problems) > 0 {
		t.Fatal(d.sorted())
	}
	if want := defaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("config.yaml says %+v\nthe code says %+v", got, want)
	}
	for _, key := range allKeys(reflect.TypeFor[Config](), "") {
		if _, ok := d.given[key]; !ok {
			t.Errorf("%s does not stand in config.yaml", key)
		}
	}
	// The keys of a device stand in a comment, since by default there is none.
	example := regexp.MustCompile(`# (\[\{host: .*\}\])`).FindSubmatch(text)
	if example == nil {
		t.Fatal("config.yaml shows no example of cast.devices")
	}
	d = &document{given: map[string]origin{}}
	d.decode(append([]byte("cast: {devices: "), append(example[1], '}')...), &got)
	for _, key := range structKeys(reflect.TypeFor[DeviceConfig]()) {
		if _, ok := d.given["cast.devices[0]."+key]; !ok || len(d.problems) > 0 {
			t.Errorf("%s is not in the example of cast.devices: %v", key, d.problems)
		}
	}
}

// allKeys returns the path of every key of t.
func allKeys(t reflect.Type, under string) []string {
	var keys []string
	for i, key := range structKeys(t) {
		keys = append(keys, under+key)
		if field := t.Field(i).Type; field.Kind() == reflect.Struct {
			keys = append(keys, allKeys(field, under+key+".")...)
		}
	}
	return keys
}

// TestConfigDocument holds docs/config.md against the code: each key stands there with its default, and each example reads.
func TestConfigDocument(t *testing.T) {
	text, err := os.ReadFile("docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| (.*?) \\|").FindAllStringSubmatch(string(text), -1) {
		told[row[1]] = strings.Trim(row[2], "` ")
	}
	inFile := defaultsInFile(t)
	for key, want := range inFile {
		if got, ok := told[key]; !ok || got != want {
			t.Errorf("docs/config.md says that %s is %q by default, wanted %q", key, got, want)
		}
	}
	for _, key := range structKeys(reflect.TypeFor[DeviceConfig]()) {
		if _, ok := told[key]; !ok {
			t.Errorf("docs/config.md does not tell of %s of a device", key)
		}
	}
	if want := len(inFile) + len(structKeys(reflect.TypeFor[DeviceConfig]())); len(told) != want {
		t.Errorf("docs/config.md tells of %d keys, there are %d", len(told), want)
	}

	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) == 0 {
		t.Error("docs/config.md has no example")
	}
	for _, example := range examples {
		path := writeConfig(t, example[1])
		for _, file := range []string{"mqtt-password", "ca.pem", "localcast.pem", "localcast.key"} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), file), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := LoadConfig(path, Overrides{}, noEnv); err != nil {
			t.Errorf("%v in\n%s", err, example[1])
		}
	}
}

// defaultsInFile returns every key of config.yaml with its value as it is written there.
func defaultsInFile(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	var walk func(n *yaml.Node, key string)
	walk = func(n *yaml.Node, key string) {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i < len(n.Content); i += 2 {
				walk(n.Content[i+1], strings.TrimPrefix(key+"."+n.Content[i].Value, "."))
			}
		case yaml.SequenceNode:
			values[key] = "[]"
		default:
			if values[key] = n.Value; n.Value == "" {
				values[key] = `""`
			}
		}
	}
	walk(root.Content[0], "")
	return values
}
