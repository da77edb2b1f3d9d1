import { defineSuite, type Suite } from '../harness/suite.js'
import { chordOf } from './chord-of.js'
import type { ChordPeer } from './peer.js'

/** Chords: our group with a callback, BullMQ's flow with children. */
export const chordSuite: Suite = defineSuite<ChordPeer>({
  name: 'chord',
  title: 'Chords on Redis',
  server: 'redis',
  subjects: [
    { name: 'machinery', open: async (url) => (await import('./machinery.js')).openMachinery(url) },
    { name: 'bullmq', open: async (url) => (await import('./bullmq.js')).openBullmq(url) },
  ],
  experiments: [chordOf(10), chordOf(100), chordOf(1_000), chordOf(10_000)],
})
