package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/RichardKnop/machinery/v2/tasks"
	"github.com/redis/go-redis/v9"
)

// counter counts per key: in the ledger, where there is one, for all processes together.
func counter(o *options) func(key string) int64 {
	if o.ledger != "" {
		addr, _, _, db := redisURL(o.ledger)
		client := redis.NewClient(&redis.Options{Addr: addr, DB: db})
		return func(key string) int64 {
			return must(client.Incr(context.Background(), "interop:count:"+key).Result())
		}
	}
	var mu sync.Mutex
	seen := map[string]int64{}
	return func(key string) int64 {
		mu.Lock()
		defer mu.Unlock()
		seen[key]++
		return seen[key]
	}
}

// meeting returns a task that ends when n tasks of that key have begun, in whatever process.
func meeting(o *options, count func(string) int64) func(string, int64) (int64, error) {
	return func(key string, n int64) (int64, error) {
		mine := count(key)
		addr, _, _, db := redisURL(o.ledger)
		client := redis.NewClient(&redis.Options{Addr: addr, DB: db})
		defer client.Close()
		for begun := mine; begun < n; {
			time.Sleep(2 * time.Millisecond)
			begun = must(client.Get(context.Background(), "interop:count:"+key).Int64())
		}
		return n, nil
	}
}

func echo[T any](v T) (T, error) { return v, nil }

// addEcho registers echo_<type> and echo_[]<type>.
func addEcho[T any](m map[string]any, name string) {
	m["echo_"+name] = echo[T]
	m["echo_[]"+name] = echo[[]T]
}

// tasksOf are the tasks of both sides; src/tasks.ts has the same.
func tasksOf(o *options) map[string]any {
	count := counter(o)
	m := map[string]any{
		"add": func(v ...int64) (r int64, err error) {
			for _, x := range v {
				r += x
			}
			return
		},
		"multiply": func(v ...int64) (int64, error) {
			r := int64(1)
			for _, x := range v {
				r *= x
			}
			return r, nil
		},
		"sum": func(v []int64) (r int64, err error) {
			for _, x := range v {
				r += x
			}
			return
		},
		"list":   func(v ...int64) ([]int64, error) { return v, nil },
		"concat": func(v []string) (string, error) { return strings.Join(v, ""), nil },
		"join":   func(v ...string) (string, error) { return strings.Join(v, "|"), nil },
		"two":    func() (int64, string, error) { return 7, "x", nil },
		"pair":   func(a string, b int64, c string) (string, error) { return fmt.Sprint(a, b, c), nil },
		"none":   func() error { return nil },
		"object": func() (map[string]any, error) { return map[string]any{"a": 1}, nil },
		"fail":   func(s string) error { return errors.New(s) },
		"fail_n": func(key string, n int64) (string, error) {
			if c := count(key); c <= n {
				return "", fmt.Errorf("attempt %d", c)
			}
			return "ok", nil
		},
		"later": func(key string, ms, n int64) (string, error) {
			if count(key) <= n {
				return "", tasks.NewErrRetryTaskLater("later", time.Duration(ms)*time.Millisecond)
			}
			return "ok", nil
		},
		"meet":  meeting(o, count),
		"panic": func() (string, error) { panic(errors.New("oops")) },
		"now":   func() (int64, error) { return time.Now().UnixNano(), nil },
		"headers": func(ctx context.Context) (string, error) {
			b, err := json.Marshal(tasks.SignatureFromContext(ctx).Headers)
			return string(b), err
		},
		"signature": func(ctx context.Context) (string, error) {
			b, err := json.Marshal(tasks.SignatureFromContext(ctx))
			return string(b), err
		},
		"sleep": func(ms int64) error { time.Sleep(time.Duration(ms) * time.Millisecond); return nil },
		"slow_add": func(ms int64, v int64) (int64, error) {
			time.Sleep(time.Duration(ms) * time.Millisecond)
			return v, nil
		},
	}
	addEcho[bool](m, "bool")
	addEcho[int](m, "int")
	addEcho[int8](m, "int8")
	addEcho[int16](m, "int16")
	addEcho[int32](m, "int32")
	addEcho[int64](m, "int64")
	addEcho[uint](m, "uint")
	addEcho[uint8](m, "uint8")
	addEcho[uint16](m, "uint16")
	addEcho[uint32](m, "uint32")
	addEcho[uint64](m, "uint64")
	addEcho[float32](m, "float32")
	addEcho[float64](m, "float64")
	addEcho[string](m, "string")
	for _, name := range strings.Split(o.omit, ",") {
		delete(m, name)
	}
	return m
}

// signature returns one with a single argument.
func signature(uuid, name, kind string, value any) *tasks.Signature {
	return &tasks.Signature{UUID: uuid, Name: name, Args: []tasks.Arg{{Type: kind, Value: value}}}
}
