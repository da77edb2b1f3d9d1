package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"time"

	machinery "github.com/RichardKnop/machinery/v2"
	"github.com/RichardKnop/machinery/v2/backends/result"
	lockif "github.com/RichardKnop/machinery/v2/locks/iface"
	"github.com/RichardKnop/machinery/v2/tasks"
)

// request is one line of input. Op decides which of the other fields count.
type request struct {
	ID         int
	Op         string
	Signatures []*tasks.Signature
	Callback   *tasks.Signature
	UUIDs      []string
	Queue      string
	Key, Value string
	TimeoutMs  int64
}

// value is one result, with the type that Go gave it.
type value struct {
	Type  string
	Value any
}

// serve answers requests until its input ends.
func serve(o *options) {
	s := newServer(o)
	lock := newLock(o, s.GetConfig())
	say(map[string]any{"event": "ready", "t": time.Now().UnixMilli()})
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		q := new(request)
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber() // keeps 64-bit integers exact, as Machinery's own decoders do
		must(0, d.Decode(q))
		go func() {
			answer, err := q.answer(s, lock)
			if err != nil {
				say(map[string]any{"id": q.ID, "error": err.Error()})
			} else {
				say(map[string]any{"id": q.ID, "answer": answer})
			}
		}()
	}
}

func (q *request) answer(s *machinery.Server, lock lockif.Lock) (any, error) {
	switch q.Op {
	case "send":
		for _, x := range q.Signatures {
			if _, err := s.SendTask(x); err != nil {
				return nil, err
			}
		}
		return uuids(q.Signatures), nil
	case "chain":
		c, err := tasks.NewChain(q.Signatures...)
		if err == nil {
			_, err = s.SendChain(c)
		}
		return uuids(q.Signatures), err
	case "group":
		g, err := tasks.NewGroup(q.Signatures...)
		if err != nil {
			return nil, err
		}
		_, err = s.SendGroup(g, 0)
		return g.GroupUUID, err
	case "chord":
		g, err := tasks.NewGroup(q.Signatures...)
		if err != nil {
			return nil, err
		}
		c, err := tasks.NewChord(g, q.Callback)
		if err != nil {
			return nil, err
		}
		_, err = s.SendChord(c, 0)
		return map[string]string{"group": g.GroupUUID, "callback": q.Callback.UUID}, err
	case "get":
		return values(result.NewAsyncResult(q.handles()[0], s.GetBackend()).GetWithTimeout(q.timeout(), pause))
	case "get chain":
		return values(result.NewChainAsyncResult(q.handles(), s.GetBackend()).GetWithTimeout(q.timeout(), pause))
	case "get chord":
		h := q.handles()
		last := len(h) - 1
		return values(result.NewChordAsyncResult(h[:last], h[last], s.GetBackend()).GetWithTimeout(q.timeout(), pause))
	case "state":
		return s.GetBackend().GetState(q.UUIDs[0])
	case "group completed":
		return s.GetBackend().GroupCompleted(q.Key, len(q.UUIDs))
	case "pending":
		return s.GetBroker().GetPendingTasks(q.Queue)
	case "delayed":
		return s.GetBroker().GetDelayedTasks()
	case "lock":
		until, err := strconv.ParseInt(q.Value, 10, 64)
		if err != nil {
			return nil, err
		}
		return lock.Lock(q.Key, until) == nil, nil
	}
	return nil, fmt.Errorf("unknown op %q", q.Op)
}

const pause = 10 * time.Millisecond

func (q *request) timeout() time.Duration { return time.Duration(q.TimeoutMs) * time.Millisecond }

// handles are all that a result handle needs of signatures.
func (q *request) handles() (r []*tasks.Signature) {
	for _, uuid := range q.UUIDs {
		r = append(r, &tasks.Signature{UUID: uuid})
	}
	return
}

func uuids(signatures []*tasks.Signature) (r []string) {
	for _, x := range signatures {
		r = append(r, x.UUID)
	}
	return
}

func values(found []reflect.Value, err error) (any, error) {
	if err == nil && found == nil {
		err = errors.New("neither results nor an error")
	}
	r := make([]value, len(found))
	for i, v := range found {
		r[i] = value{v.Type().String(), v.Interface()}
	}
	return r, err
}
