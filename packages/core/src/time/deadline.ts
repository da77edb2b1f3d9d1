import { systemClock } from './system-clock.js'

/**
 * The outcome of `promise`, or a rejection with `makeError()` once `ms` milliseconds of real time have passed.
 * Whatever `promise` does after that is ignored, its rejection too. The work behind it goes on: stop it yourself.
 * @param ms `Infinity`: no deadline
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, makeError: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = systemClock.setTimer(() => {
      try {
        reject(makeError())
      } catch (error) {
        reject(error)
      }
    }, ms)
    promise.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
