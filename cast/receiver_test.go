package cast

import "testing"

func TestReceiverStatusMerges(t *testing.T) {
	ours := app{id: "CC1AD845", name: "Default Media Receiver", session: "s", transport: "t", standard: true, media: true}
	const media = `"namespaces":[{"name":"urn:x-cast:com.google.cast.cac"},{"name":"urn:x-cast:com.google.cast.media"}]`
	const running = `{"volume":{"level":0.5,"muted":true,"controlType":"master"},"applications":[{"appId":"CC1AD845",` +
		`"displayName":"Default Media Receiver","sessionId":"s","transportId":"t","statusText":"Jetzt wird gestreamt",` + media + `}]}`
	for name, row := range map[string]struct {
		in   []string
		want receiver
	}{
		"an app":                       {[]string{running}, receiver{50, true, false, ours}},
		"no applications: idle":        {[]string{running, `{"volume":{"level":0.5,"muted":true}}`}, receiver{volume: 50, muted: true}},
		"no volume: it stays":          {[]string{running, `{}`}, receiver{volume: 50, muted: true}},
		"applications of a wrong type": {[]string{running, `{"applications":"none"}`}, receiver{50, true, false, ours}},
		"applications null":            {[]string{running, `{"applications":null}`}, receiver{volume: 50, muted: true}},
		"a volume of wrong types": {
			[]string{running, `{"applications":7,"volume":{"level":[],"muted":"no"}}`}, receiver{50, true, false, ours},
		},
		"a volume that is no object": {[]string{running, `{"applications":7,"volume":0.7}`}, receiver{50, true, false, ours}},
		"float32 noise":              {[]string{`{"volume":{"level":0.699999988}}`}, receiver{volume: 70}},
		"a group's level creeps":     {[]string{`{"volume":{"level":0.30499999}}`}, receiver{volume: 30}},
		"a level beyond the ends":    {[]string{`{"volume":{"level":7}}`}, receiver{volume: 100}},
		"a fixed volume":             {[]string{`{"volume":{"level":1,"controlType":"fixed"}}`}, receiver{volume: 100, fixed: true}},
		"the backdrop":               {[]string{`{"applications":[{"appId":"E8C28D3C","transportId":"t",` + media + `}]}`}, receiver{}},
		"another idle screen": {
			[]string{`{"applications":[{"appId":"X","isIdleScreen":true,"transportId":"t"}]}`}, receiver{},
		},
		"a group's follower": {
			[]string{`{"applications":[{"appId":"705D30C6","displayName":"Default Media Receiver","sessionId":"s",` +
				`"transportId":"t",` + media + `}]}`},
			receiver{app: app{id: "705D30C6", name: "Default Media Receiver", session: "s", transport: "t", member: true}},
		},
		"a group's leader on its own port": {
			[]string{`{"applications":[{"appId":"531A4F84","displayName":"Default Media Receiver","sessionId":"s",` +
				`"namespaces":[]}]}`},
			receiver{app: app{id: "531A4F84", name: "Default Media Receiver", session: "s", member: true}},
		},
		"of two apps the one that takes messages": {
			[]string{`{"applications":[{"appId":"A"},5,{"appId":"B","transportId":"t",` + media + `}]}`},
			receiver{app: app{id: "B", transport: "t", media: true}},
		},
		"an appId that is a number": {[]string{`{"applications":[{"appId":12}]}`}, receiver{app: app{id: "12"}}},
		"an app without an id":      {[]string{`{"applications":[{"displayName":"?"}]}`}, receiver{}},
	} {
		t.Run(name, func(t *testing.T) {
			var r receiver
			for _, text := range row.in {
				o, err := parse(text)
				if err != nil {
					t.Fatal(err)
				}
				r.merge(o)
			}
			if r != row.want {
				t.Errorf("got  %+v\nwant %+v", r, row.want)
			}
		})
	}
}
