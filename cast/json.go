package cast

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// object is a JSON object. What receivers and other senders write is read through its methods: a field that is absent,
// null or of the wrong type costs that field alone, never the message. Numbers are json.Number until they are asked for.
type object map[string]any

// parse reads a payload. It fails only for what is no JSON object at all.
func parse(text string) (object, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var o object
	if err := dec.Decode(&o); err != nil {
		return nil, fmt.Errorf("read cast payload: %w", err)
	}
	return o, nil
}

// encode writes a payload of our own, which holds nothing but what JSON can carry.
func (o object) encode() (string, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("write cast payload: %w", err)
	}
	return string(b), nil
}

// text returns a string; a number counts as its digits.
func (o object) text(key string) string {
	switch v := o[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// number returns a finite number; a string of digits counts as one.
func (o object) number(key string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(o.text(key)), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// whole returns an integer that a double carries exactly.
func (o object) whole(key string) (int64, bool) {
	f, ok := o.number(key)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// flag returns a boolean; anything else is not known.
func (o object) flag(key string) (value, known bool) {
	value, known = o[key].(bool)
	return value, known
}

// object returns an object within, or nil, which can be read like any other.
func (o object) object(key string) object {
	v, _ := o[key].(map[string]any)
	return v
}

// list returns the objects of an array, others left out. known is false if there is no array, or nothing in it is an
// object: that is no empty list.
func (o object) list(key string) (objects []object, known bool) {
	array, known := o[key].([]any)
	for _, v := range array {
		if e, ok := v.(map[string]any); ok {
			objects = append(objects, e)
		}
	}
	return objects, known && (len(array) == 0 || len(objects) > 0)
}
