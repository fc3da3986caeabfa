package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Properties come out of yaml, JSON and SQL by several decoders, so a map may have keys of any type and a duration may
// be a time.Duration. Here they become what JSON can say, or an error that names the property.

func plainObject(name string, props map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(props))
	for key, value := range props {
		plain, err := plainValue(join(name, key), value)
		if err != nil {
			return nil, err
		}
		out[key] = plain
	}
	return out, nil
}

func plainValue(name string, value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, string, int, int64, json.Number:
		return v, nil
	case map[string]any:
		return plainObject(name, v)
	case time.Duration:
		// Its integer would be read as milliseconds.
		if v%time.Millisecond != 0 {
			return v.String(), nil
		}
		return strconv.FormatInt(v.Milliseconds(), 10) + "ms", nil
	case json.Marshaler:
		if text, err := v.MarshalJSON(); err == nil {
			return json.RawMessage(text), nil
		}
	case encoding.TextMarshaler:
		if text, err := v.MarshalText(); err == nil {
			return string(text), nil
		}
	}
	return plainReflected(name, reflect.ValueOf(value))
}

func plainReflected(name string, v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("websocket: property %s: %v is not a number that can be configured", name, f)
		}
		return v.Float(), nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return plainValue(name, v.Elem().Interface())
	case reflect.Slice, reflect.Array:
		return plainList(name, v)
	case reflect.Map:
		return plainMap(name, v)
	}
	return nil, fmt.Errorf("websocket: property %s: a value of type %s cannot be configured; "+
		"allowed are texts, numbers, true and false, lists and maps of these", name, v.Type())
}

func plainList(name string, v reflect.Value) (any, error) {
	if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
		return string(v.Bytes()), nil
	}
	out := make([]any, v.Len())
	for i := range out {
		plain, err := plainValue(fmt.Sprintf("%s[%d]", name, i), v.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		out[i] = plain
	}
	return out, nil
}

func plainMap(name string, v reflect.Value) (any, error) {
	out := make(map[string]any, v.Len())
	for entry := v.MapRange(); entry.Next(); {
		key, err := plainKey(name, entry.Key())
		if err != nil {
			return nil, err
		}
		if out[key], err = plainValue(join(name, key), entry.Value().Interface()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func plainKey(name string, key reflect.Value) (string, error) {
	plain, err := plainValue(name, key.Interface())
	if err != nil {
		return "", err
	}
	switch plain.(type) {
	case string, bool, int, int64, uint64, float64:
		return fmt.Sprint(plain), nil
	}
	return "", fmt.Errorf("websocket: property %s: %v cannot be a key; allowed are texts and numbers", name, plain)
}

func join(name, key string) string {
	if name == "" {
		return key
	}
	return name + "." + key
}
