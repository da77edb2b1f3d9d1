import { monotonicUs } from '../../harness/monotonic-us.js'
import type { Place, Subject } from '../../harness/suite.js'
import type { Peer } from '../peer.js'

const concurrency = 10

/** A worker in a process of its own. Answers when each task started, by its first argument, in microseconds. */
export async function workAndNote(
  subject: Subject<Peer>,
  { url }: Pick<Place, 'url'>,
): Promise<() => Promise<readonly number[]>> {
  const peer = await subject.open(url)
  const startedAt: number[] = []
  let failure: unknown
  const stop = await peer.work({
    concurrency,
    handler: (a, b) => {
      startedAt[a] = monotonicUs()
      return a + b
    },
    onFailure: (error) => {
      failure ??= error
    },
  })
  return async () => {
    await stop()
    await peer[Symbol.asyncDispose]()
    if (failure !== undefined) throw failure
    return startedAt
  }
}
