// Command interop is the Go side of the compatibility tests: a worker and a producer of Machinery V2 over any broker
// and result backend. Tests start it, talk to it over its standard streams, and end it by closing its input.
//
//	interop worker --broker URL --backend URL --queue Q     runs tasks, and prints a line for each
//	interop serve  --broker URL --backend URL --queue Q     answers requests, one JSON object a line: see serve.go
//	interop periodic --broker URL --backend URL --lock URL --spec SPEC --name NAME
//
// Every line of standard output is a JSON object. Machinery's own log goes to standard error.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	golog "log"
	"os"
	"sync"
	"time"

	machinery "github.com/RichardKnop/machinery/v2"
	"github.com/RichardKnop/machinery/v2/log"
)

type options struct {
	broker, backend, lock, queue, key, spec, name, tag, ledger, omit, delayedKey string
	separator, declareArgs, delayedQueue                                         string
	concurrency, expire, poll, delayedPoll                                       int
}

// must stops the program on an error.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
	return v
}

var output sync.Mutex

// say prints one line.
func say(v any) {
	b := must(json.Marshal(v))
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(b, '\n'))
}

func newServer(o *options) *machinery.Server {
	c := o.config()
	s := machinery.NewServer(c, must(newBroker(o, c)), must(newBackend(o, c)), newLock(o, c))
	must(0, s.RegisterTasks(tasksOf(o)))
	return s
}

func parse(args []string) *options {
	o := new(options)
	f := flag.NewFlagSet("interop", flag.ExitOnError)
	f.StringVar(&o.broker, "broker", "redis://127.0.0.1:6379/0", "broker URL: see adapters.go")
	f.StringVar(&o.backend, "backend", "redis://127.0.0.1:6379/0", "result backend URL: see adapters.go")
	f.StringVar(&o.lock, "lock", "eager", "lock: eager or redis://")
	f.StringVar(&o.ledger, "ledger", "", "redis:// where tasks count what all processes share")
	f.StringVar(&o.queue, "queue", "machinery_tasks", "default queue")
	f.StringVar(&o.key, "binding-key", "", "AMQP binding key, the queue name when empty")
	f.StringVar(&o.separator, "separator", "", "what separates several AMQP brokers")
	f.StringVar(&o.declareArgs, "declare-args", "{}", "AMQP arguments of queues, as JSON with whole numbers")
	f.StringVar(&o.delayedQueue, "delayed-queue", "", "AMQP queue of delayed tasks")
	f.StringVar(&o.delayedKey, "delayed-key", "", "Redis key of delayed tasks")
	f.StringVar(&o.spec, "spec", "@every 1s", "cron spec")
	f.StringVar(&o.name, "name", "periodic", "name of the periodic task")
	f.StringVar(&o.tag, "tag", "interop", "consumer tag")
	f.StringVar(&o.omit, "omit", "", "names of tasks that are not registered, separated by commas")
	f.IntVar(&o.concurrency, "concurrency", 10, "worker concurrency")
	f.IntVar(&o.expire, "expire", 3600, "ResultsExpireIn, seconds")
	f.IntVar(&o.poll, "poll", 1000, "NormalTasksPollPeriod, ms")
	f.IntVar(&o.delayedPoll, "delayed-poll", 20, "DelayedTasksPollPeriod, ms")
	must(0, f.Parse(args))
	return o
}

func main() {
	commands := map[string]func(*options){"worker": worker, "serve": serve, "periodic": periodic}
	var run func(*options)
	if len(os.Args) > 1 {
		run = commands[os.Args[1]]
	}
	if run == nil {
		must(0, errors.New("usage: interop worker|serve|periodic [flags]"))
	}
	quiet := golog.New(io.Discard, "", 0)
	log.SetDebug(quiet)
	log.SetInfo(quiet)
	loud := golog.New(os.Stderr, "", golog.Ltime|golog.Lmicroseconds)
	log.SetWarning(loud)
	log.SetError(loud)
	log.SetFatal(loud)
	run(parse(os.Args[2:]))
}

// untilAbandoned returns when whoever started the program has closed its input, or died.
func untilAbandoned() {
	io.Copy(io.Discard, os.Stdin)
}

// periodic registers one periodic task, whose argument tells who sent it.
func periodic(o *options) {
	s := newServer(o)
	must(0, s.RegisterPeriodicTask(o.spec, o.name, signature("", "echo_string", "string", "go")))
	say(map[string]any{"event": "ready", "t": time.Now().UnixMilli()})
	untilAbandoned()
}
