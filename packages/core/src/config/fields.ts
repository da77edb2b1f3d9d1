import type {
  AmqpConfig,
  Config,
  DynamodbConfig,
  GcpPubsubConfig,
  MongodbConfig,
  RedisConfig,
  SqsConfig,
} from './config.js'
import type { BooleanField, Field, IntegerField, Section, TextField } from './field.js'

/** A field for each property, no more and no less. */
type FieldsOf<T> = { readonly [K in keyof Required<T>]: Field }
type SectionName = 'amqp' | 'sqs' | 'redis' | 'gcpPubsub' | 'mongodb' | 'dynamodb'

const most = 2_147_483_647
const guest = 'amqp://guest:guest@localhost:5672/'
const name = { pattern: /\S/, words: 'a name that is not empty' }
const shortText = { pattern: /^.{0,255}$/s, words: 'text of at most 255 characters' }
const exchangeType = {
  pattern: /^(?:direct|topic|fanout|headers|x-.+)$/,
  words: 'direct, topic, fanout, headers, or a type that starts with x-',
}

const text = (fallback: string, yaml: string, env: string, more: Partial<TextField> = {}): TextField => ({
  kind: 'text',
  fallback,
  yaml: [yaml],
  env: [env],
  ...more,
})
const integer = (
  fallback: number | undefined,
  yaml: string,
  env: string,
  more: Partial<IntegerField> = {},
): IntegerField => ({
  kind: 'integer',
  fallback,
  min: 0,
  max: most,
  yaml: [yaml],
  env: [env],
  ...more,
})
const boolean = (yaml: string, env: string, more: Partial<BooleanField> = {}): BooleanField => ({
  kind: 'boolean',
  fallback: false,
  yaml: [yaml],
  env: [env],
  ...more,
})

const top: FieldsOf<Omit<Config, SectionName>> = {
  broker: text(guest, 'broker', 'BROKER', { secrecy: 'url' }),
  lock: text('', 'lock', 'LOCK', { secrecy: 'url' }),
  multipleBrokerSeparator: {
    kind: 'text',
    fallback: '',
    yaml: ['multiple_broker_separator', 'multiple_broken_separator'],
    env: ['MULTIPLE_BROKER_SEPARATOR', 'MULTIPLE_BROKEN_SEPARATOR'],
  },
  defaultQueue: text('machinery_tasks', 'default_queue', 'DEFAULT_QUEUE', { form: name }),
  resultBackend: text(guest, 'result_backend', 'RESULT_BACKEND', { secrecy: 'url' }),
  resultsExpireIn: integer(3600, 'results_expire_in', 'RESULTS_EXPIRE_IN', {
    zeroOrLessMeansFallback: true,
    unit: 'seconds',
  }),
  noUnixSignals: boolean('no_unix_signals', 'NO_UNIX_SIGNALS'),
  tls: { kind: 'tls', yaml: ['tls'], env: ['TLS_ENABLED'] },
}

const amqp: FieldsOf<AmqpConfig> = {
  exchange: text('machinery_exchange', 'exchange', 'AMQP_EXCHANGE', { form: shortText }),
  exchangeType: text('direct', 'exchange_type', 'AMQP_EXCHANGE_TYPE', { form: exchangeType }),
  queueDeclareArgs: {
    kind: 'arguments',
    envValues: 'typed',
    yaml: ['queue_declare_args'],
    env: ['AMQP_QUEUE_DECLARE_ARGS'],
  },
  queueBindingArgs: {
    kind: 'arguments',
    // As in Go: a binding with 1 and one with '1' are two bindings.
    envValues: 'text',
    yaml: ['queue_binding_args'],
    env: ['AMQP_QUEUE_BINDING_ARGS'],
  },
  bindingKey: text('machinery_task', 'binding_key', 'AMQP_BINDING_KEY', { form: shortText }),
  prefetchCount: integer(3, 'prefetch_count', 'AMQP_PREFETCH_COUNT', { max: 65_535 }),
  autoDelete: boolean('auto_delete', 'AMQP_AUTO_DELETE'),
  delayedQueue: text('', 'delayed_queue', 'AMQP_DELAYED_QUEUE', { form: shortText }),
}

const sqs: FieldsOf<SqsConfig> = {
  waitTimeSeconds: integer(0, 'receive_wait_time_seconds', 'SQS_WAIT_TIME_SECONDS', { max: 20, unit: 'seconds' }),
  visibilityTimeout: integer(undefined, 'receive_visibility_timeout', 'SQS_VISIBILITY_TIMEOUT', {
    max: 43_200,
    unit: 'seconds',
  }),
  visibilityHeartBeat: {
    kind: 'boolean',
    fallback: false,
    yaml: ['visibility_heartbeat', 'visibility_heart_beat', 'visibility_hearth_beat'],
    env: ['SQS_VISIBILITY_HEARTBEAT', 'SQS_VISIBILITY_HEART_BEAT', 'SQS_VISIBILITY_HEARTH_BEAT'],
  },
  disableStrictUrlCheck: boolean('disable_strict_url_check', 'DISABLE_STRICT_SQS_CHECK', { trueByPresence: true }),
}

const redis: FieldsOf<RedisConfig> = {
  maxIdle: integer(3, 'max_idle', 'REDIS_MAX_IDLE'),
  maxActive: integer(0, 'max_active', 'REDIS_MAX_ACTIVE'),
  idleTimeout: integer(240, 'max_idle_timeout', 'REDIS_IDLE_TIMEOUT', { unit: 'seconds' }),
  wait: boolean('wait', 'REDIS_WAIT'),
  readTimeout: integer(15, 'read_timeout', 'REDIS_READ_TIMEOUT', { unit: 'seconds' }),
  writeTimeout: integer(15, 'write_timeout', 'REDIS_WRITE_TIMEOUT', { unit: 'seconds' }),
  connectTimeout: integer(15, 'connect_timeout', 'REDIS_CONNECT_TIMEOUT', { unit: 'seconds' }),
  normalTasksPollPeriod: integer(1000, 'normal_tasks_poll_period', 'REDIS_NORMAL_TASKS_POLL_PERIOD', {
    unit: 'milliseconds',
    min: -most,
    zeroOrLessMeansFallback: true,
  }),
  delayedTasksPollPeriod: integer(500, 'delayed_tasks_poll_period', 'REDIS_DELAYED_TASKS_POLL_PERIOD', {
    unit: 'milliseconds',
    min: -most,
    zeroOrLessMeansFallback: true,
  }),
  delayedTasksKey: text('delayed_tasks', 'delayed_tasks_key', 'REDIS_DELAYED_TASKS_KEY', { emptyMeansFallback: true }),
  clientName: text('', 'client_name', 'REDIS_CLIENT_NAME', {
    form: { pattern: /^\S*$/, words: 'text without spaces' },
  }),
  masterName: text('', 'master_name', 'REDIS_MASTER_NAME'),
  sentinelPassword: text('', 'sentinel_password', 'REDIS_SENTINEL_PASSWORD', { secrecy: 'secret' }),
  clusterEnabled: {
    kind: 'boolean',
    fallback: false,
    yaml: ['cluster_enabled', 'cluster_mode'],
    env: ['REDIS_CLUSTER_ENABLED', 'REDIS_CLUSTER_MODE'],
  },
}

// Go's loaders know neither of these two, so a file or an environment that Go shares must not change them here.
const gcpPubsub: FieldsOf<GcpPubsubConfig> = { maxExtension: { kind: 'duration', fallback: 0 } }
const mongodb: FieldsOf<MongodbConfig> = { database: { kind: 'text', fallback: 'machinery', form: name } }

const dynamodb: FieldsOf<DynamodbConfig> = {
  taskStatesTable: text('task_states', 'task_states_table', 'TASK_STATES_TABLE', { form: name }),
  groupMetasTable: text('group_metas', 'group_metas_table', 'GROUP_METAS_TABLE', { form: name }),
}

/** The top of the configuration. */
export const topSection: Section = { fields: top }

/** The sections below it, by their name in {@link Config}. */
export const sections: Readonly<Record<SectionName, Section>> = {
  amqp: { yaml: 'amqp', envPrefix: 'AMQP_', fields: amqp },
  sqs: { yaml: 'sqs', envPrefix: 'SQS_', fields: sqs },
  redis: { yaml: 'redis', envPrefix: 'REDIS_', fields: redis },
  gcpPubsub: { fields: gcpPubsub },
  mongodb: { fields: mongodb },
  dynamodb: { yaml: 'dynamodb', envPrefix: 'DYNAMODB_', fields: dynamodb },
}
