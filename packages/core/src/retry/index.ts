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
export { reconnectBackoff } from './reconnect-backoff.js'
