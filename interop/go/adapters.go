package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	amqpback "github.com/RichardKnop/machinery/v2/backends/amqp"
	dynamoback "github.com/RichardKnop/machinery/v2/backends/dynamodb"
	backif "github.com/RichardKnop/machinery/v2/backends/iface"
	memback "github.com/RichardKnop/machinery/v2/backends/memcache"
	mongoback "github.com/RichardKnop/machinery/v2/backends/mongo"
	nullback "github.com/RichardKnop/machinery/v2/backends/null"
	redisback "github.com/RichardKnop/machinery/v2/backends/redis"
	amqpbroker "github.com/RichardKnop/machinery/v2/brokers/amqp"
	pubsubbroker "github.com/RichardKnop/machinery/v2/brokers/gcppubsub"
	brokif "github.com/RichardKnop/machinery/v2/brokers/iface"
	redisbroker "github.com/RichardKnop/machinery/v2/brokers/redis"
	sqsbroker "github.com/RichardKnop/machinery/v2/brokers/sqs"
	"github.com/RichardKnop/machinery/v2/config"
	eagerlock "github.com/RichardKnop/machinery/v2/locks/eager"
	lockif "github.com/RichardKnop/machinery/v2/locks/iface"
	redislock "github.com/RichardKnop/machinery/v2/locks/redis"
)

// config is the configuration shared by every constructor.
func (o *options) config() *config.Config {
	key := o.key
	if key == "" {
		key = o.queue
	}
	return &config.Config{
		Broker:                  strings.TrimPrefix(o.broker, "sqs:"),
		ResultBackend:           o.backend,
		DefaultQueue:            o.queue,
		ResultsExpireIn:         o.expire,
		MultipleBrokerSeparator: o.separator,
		AMQP: &config.AMQPConfig{Exchange: "machinery_exchange", ExchangeType: "direct", BindingKey: key, PrefetchCount: 3,
			QueueDeclareArgs: o.arguments(), DelayedQueue: o.delayedQueue},
		SQS: &config.SQSConfig{WaitTimeSeconds: 1},
		Redis: &config.RedisConfig{MaxIdle: 10, IdleTimeout: 240, ReadTimeout: 15, WriteTimeout: 15, ConnectTimeout: 15,
			NormalTasksPollPeriod: o.poll, DelayedTasksPollPeriod: o.delayedPoll, DelayedTasksKey: o.delayedKey},
		DynamoDB: &config.DynamoDBConfig{TaskStatesTable: "task_states", GroupMetasTable: "group_metas"},
	}
}

// arguments are what queues are declared with: AMQP tells whole numbers from others.
func (o *options) arguments() map[string]any {
	given := map[string]any{}
	d := json.NewDecoder(strings.NewReader(o.declareArgs))
	d.UseNumber()
	must(0, d.Decode(&given))
	for name, value := range given {
		if number, ok := value.(json.Number); ok {
			given[name] = must(number.Int64())
		}
	}
	return given
}

// redisURL returns address, user, password and database of a Redis URL.
func redisURL(s string) (addr, user, pass string, db int) {
	u := must(url.Parse(s))
	pass, _ = u.User.Password()
	db, _ = strconv.Atoi(strings.TrimPrefix(u.Path, "/"))
	return u.Host, u.User.Username(), pass, db
}

// newBroker takes redis:// (redigo), goredis:// (go-redis), amqp://, sqs:http://host:port/account and
// gcppubsub://project/subscription.
func newBroker(o *options, c *config.Config) (brokif.Broker, error) {
	scheme, rest, _ := strings.Cut(o.broker, ":")
	switch scheme {
	case "redis":
		a, u, p, db := redisURL(o.broker)
		return redisbroker.New(c, a, u, p, "", db), nil
	case "goredis":
		a, _, _, db := redisURL(o.broker)
		return redisbroker.NewGR(c, []string{a}, db), nil
	case "amqp", "amqps":
		return amqpbroker.New(c), nil
	case "sqs":
		return sqsbroker.New(c)
	case "gcppubsub":
		project, sub, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		return pubsubbroker.New(c, project, sub)
	}
	return nil, fmt.Errorf("unknown broker %q", o.broker)
}

// newBackend takes redis:// (redigo), goredis:// (go-redis), amqp://, mongodb://, memcache://h:p,h:p, null, and dynamodb,
// whose endpoint is AWS_ENDPOINT_URL_DYNAMODB.
func newBackend(o *options, c *config.Config) (backif.Backend, error) {
	scheme, rest, _ := strings.Cut(o.backend, ":")
	switch scheme {
	case "redis":
		a, u, p, db := redisURL(o.backend)
		return redisback.New(c, a, u, p, "", db), nil
	case "goredis":
		a, _, _, db := redisURL(o.backend)
		return redisback.NewGR(c, []string{a}, db), nil
	case "amqp", "amqps":
		return amqpback.New(c), nil
	case "mongodb", "mongodb+srv":
		return mongoback.New(c)
	case "memcache":
		return memback.New(c, strings.Split(strings.TrimPrefix(rest, "//"), ",")), nil
	case "dynamodb":
		return dynamoback.New(c)
	case "null":
		return nullback.New(), nil
	}
	return nil, fmt.Errorf("unknown backend %q", o.backend)
}

func newLock(o *options, c *config.Config) lockif.Lock {
	if strings.HasPrefix(o.lock, "redis://") {
		a, _, _, db := redisURL(o.lock)
		return redislock.New(c, []string{a}, db, 3)
	}
	return eagerlock.New()
}
