import type { FailpointName } from '@machinery-internal/fault-tests'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import {
  callbackFirst,
  chordKilledAt,
  chordReplyLost,
  delayedChordKilled,
  duplicateMembers,
  failingMember,
  finishedTogether,
  killedAfterCallback,
  largeGroup,
  outOfOrder,
  vanishedRecord,
} from '../scenarios/chords.js'
import { safeLease, sharedRig, shortLease } from './rigs.js'

/** Each with the how many-th time that belongs to the last member, or to the callback. */
const steps: readonly (readonly [FailpointName, number])[] = [
  ['fetched', 3],
  ['received', 3],
  ['started', 3],
  ['before-handler', 3],
  ['after-handler', 3],
  ['terminal', 3],
  ['member-noted', 3],
  ['chord-claimed', 1],
  ['pending', 1],
  ['publishing', 1],
  ['published', 1],
  ['chord-published', 1],
  ['chord-marked', 1],
  ['acked', 3],
]

describeWithServer('redis-server', 'Chords on Redis', () => {
  const dying = sharedRig(shortLease)
  const living = sharedRig(safeLease)

  describe.concurrent('whose worker is killed', () => {
    test.each(steps)('F02: have one effect, killed at step %s', (step, hit) => chordKilledAt(dying(), step, hit))
    test('F02: have one effect, when delayed members are due', () => delayedChordKilled(dying()))
    test.each([1, 2])('F02: callbacks are sent, though the worker dies after number %i', (hit) =>
      killedAfterCallback(dying(), hit),
    )
    test('F14: nothing goes back when messages come out of order', () => outOfOrder(dying()))
    test('F14: nothing goes back when a callback comes before its parent is settled', () => callbackFirst(dying()))
  })

  describe.concurrent('whose records are in trouble', () => {
    test('B03: have one effect when the reply to a claim is lost', () => chordReplyLost(living(), 'claimChord'))
    test('B03: have one effect when the reply to a noted member is lost', () =>
      chordReplyLost(living(), 'finishMembers'))
    test('B04: end with one error when the group vanishes', () => vanishedRecord(living(), 'group'))
    test("B04: end with one error when a member's state vanishes", () => vanishedRecord(living(), 'state'))
    test('B05: end with one error when the first member fails', () => failingMember(living(), 'first'))
    test('B05: end with one error when the last member fails', () => failingMember(living(), 'last'))
    test('B05: end with one error when a member fails after retries', () => failingMember(living(), 'after retries'))
    test('B07: do not fire early when members come several times', () => duplicateMembers(living()))
  })

  test('B06: fire once when all members finish together', () => finishedTogether(living(), 200))

  test('B08: take work in proportion to their members', () =>
    largeGroup(living(), 10_000, async () => {
      const info = String(await living().command('INFO', 'stats'))
      return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
    }))
})
