import { type FailpointName, RedisRig } from '@machinery-internal/fault-tests'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, describe, test } from 'vitest'
import {
  chordKilledAt,
  chordReplyLost,
  duplicateMembers,
  failingMember,
  finishedTogether,
  largeGroup,
  outOfOrder,
  vanishedRecord,
} from '../scenarios/chords.js'

/** Each with the how many-th time that belongs to the last member, or to the callback. */
const steps: readonly (readonly [FailpointName, number])[] = [
  ['fetched', 3],
  ['started', 3],
  ['after-handler', 3],
  ['terminal', 3],
  ['member-noted', 3],
  ['chord-claimed', 1],
  ['pending', 1],
  ['publishing', 1],
  ['chord-published', 1],
  ['chord-marked', 1],
  ['acked', 3],
]

describeWithServer('redis-server', 'Chords on Redis', () => {
  let rig: RedisRig
  beforeAll(async () => {
    rig = await RedisRig.start()
  })
  afterAll(() => rig[Symbol.asyncDispose]())

  describe.concurrent('whose worker is killed', () => {
    test.each(steps)('F02: have one effect, killed at step %s', (step, hit) => chordKilledAt(rig, step, hit))
    test('F14: nothing goes back when messages come out of order', () => outOfOrder(rig))
  })

  describe.concurrent('whose records are in trouble', () => {
    test('B03: have one effect when the reply to a claim is lost', () => chordReplyLost(rig, 'claimChord'))
    test('B03: have one effect when the reply to a noted member is lost', () => chordReplyLost(rig, 'finishMembers'))
    test('B04: end with one error when the group vanishes', () => vanishedRecord(rig, 'group'))
    test("B04: end with one error when a member's state vanishes", () => vanishedRecord(rig, 'state'))
    test('B05: end with one error when the first member fails', () => failingMember(rig, 'first'))
    test('B05: end with one error when the last member fails', () => failingMember(rig, 'last'))
    test('B05: end with one error when a member fails after retries', () => failingMember(rig, 'after retries'))
    test('B07: do not fire early when members come several times', () => duplicateMembers(rig))
  })

  test('B06: fire once when all members finish together', () => finishedTogether(rig, 12))

  test('B08: take work in proportion to their members', () =>
    largeGroup(rig, 3_000, async () => {
      const info = String(await rig.command('INFO', 'stats'))
      return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
    }))
})
