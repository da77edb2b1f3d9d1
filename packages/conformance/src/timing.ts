/** How long the kit waits, in milliseconds of real time. Slow services want more; the kit's own tests take less. */
export interface TimingOptions {
  /** The longest that any one call or effect may take. @default 10_000 */
  readonly patienceMs?: number
  /** How long it watches to be sure that nothing comes. @default 250 */
  readonly quietMs?: number
  /** The shortest delay, lease or life of a record worth testing: at least twice the step in which the service counts. @default 400 */
  readonly delayMs?: number
}

export interface Timing {
  readonly patienceMs: number
  readonly quietMs: number
  readonly delayMs: number
}

export function resolveTiming({ patienceMs = 10_000, quietMs = 250, delayMs = 400 }: TimingOptions): Timing {
  return { patienceMs, quietMs, delayMs }
}

/** Something took longer than it may. */
export class HangError extends Error {
  override readonly name = 'HangError'
}

/** What `promise` comes to, or a `HangError` naming `what` after `ms`. */
export async function promptly<T>(promise: PromiseLike<T> | T, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new HangError(`${what} did not settle within ${ms} ms.`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Probes until the answer is neither undefined nor false; fails after `ms`, naming `what`. */
export async function eventually<T>(
  what: string,
  ms: number,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const answer = await promptly(probe(), ms, what)
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() >= end) throw new HangError(`${what}: not so within ${ms} ms.`)
    await sleep(10)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
