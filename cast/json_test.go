package cast

import "testing"

// A list in which nothing makes sense is no empty list: that would be the end of what plays.
func TestListOfNothingThatMakesSenseIsNotKnown(t *testing.T) {
	for text, want := range map[string]struct {
		objects int
		known   bool
	}{
		`{"l":[]}`:             {0, true},
		`{"l":[{"a":1},5,{}]}`: {2, true},
		`{"l":[5,null,"x"]}`:   {0, false},
		`{"l":{}}`:             {0, false},
		`{"l":null}`:           {0, false},
		`{}`:                   {0, false},
	} {
		o, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if objects, known := o.list("l"); len(objects) != want.objects || known != want.known {
			t.Errorf("%s: %d objects, known %v", text, len(objects), known)
		}
	}
}
