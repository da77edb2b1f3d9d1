export {
  type Backoff,
  type ExponentialOptions,
  exponential,
  type FibonacciOptions,
  fibonacci,
  fixed,
  type RetryPolicy,
} from './backoff.js'
export { fibonacciNext } from './fibonacci.js'
export { type ReconnectBackoff, type ReconnectBackoffOptions, reconnectBackoff } from './reconnect-backoff.js'
