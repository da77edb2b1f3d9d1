import type { Experiment } from '../../harness/suite.js'
import type { Peer } from '../peer.js'

/** How long a program waits before it can send its first task. */
export const opening: Experiment<Peer> = {
  measures: [
    { name: 'open', unit: 'ms', better: 'lower', about: 'loading the library, connecting and sending a first task' },
  ],
  run: async (subject, { url }) => {
    const startedAt = performance.now()
    await using peer = await subject.open(url)
    await peer.send(1, 1)
    return { open: performance.now() - startedAt }
  },
}
