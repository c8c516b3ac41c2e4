package store

import (
	"reflect"
	"testing"
)

type announced = map[string]map[string]string

func TestWhatWasAnnouncedIsRemembered(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	expect := func(want announced) {
		t.Helper()
		got, err := s.Announced(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	save := func(changes announced) {
		t.Helper()
		if err := s.SaveAnnounced(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
		s = reopen(t, s, dir)
	}
	expect(announced{})
	save(announced{"ha/device/a/config": {"play": "button", "title": "sensor"}, "ha/device/b/config": {}})
	expect(announced{"ha/device/a/config": {"play": "button", "title": "sensor"}, "ha/device/b/config": {}})
	save(announced{"ha/device/a/config": {"play": "button"}, "ha/device/b/config": nil, "never told": nil})
	expect(announced{"ha/device/a/config": {"play": "button"}})
}
