package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/RichardKnop/machinery/v2/tasks"
)

// worker runs tasks until it is told to end by SIGTERM, which lets running ones finish, or is abandoned.
func worker(o *options) {
	s := newServer(o)
	s.GetConfig().NoUnixSignals = true
	w := s.NewCustomQueueWorker(o.tag, o.concurrency, o.queue)
	w.SetPreTaskHandler(func(x *tasks.Signature) {
		say(map[string]any{"event": "run", "t": time.Now().UnixMilli(), "name": x.Name, "uuid": x.UUID})
	})
	w.SetErrorHandler(func(err error) {
		say(map[string]any{"event": "error", "t": time.Now().UnixMilli(), "error": err.Error()})
	})
	go func() {
		untilAbandoned()
		os.Exit(1)
	}()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		<-terminated
		w.Quit()
	}()
	say(map[string]any{"event": "ready", "t": time.Now().UnixMilli()})
	if err := w.Launch(); err != nil {
		must(0, err)
	}
}
