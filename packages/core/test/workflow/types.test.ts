import { describe, expect, expectTypeOf, test } from 'vitest'
import { newSignature, type Signature } from '../../src/signature/index.js'
import { bigint, defineTask, float, int, json, list, rest, string } from '../../src/task/index.js'
import { chain, chord, group, type ResultOf, type Sendable } from '../../src/workflow/index.js'

const add = defineTask('add', { args: [int, int], result: int })
const sum = defineTask('sum', { args: [rest(int)], result: int })
const half = defineTask('half', { args: [int], result: float })
const show = defineTask('show', { args: [int], result: string })
const split = defineTask('split', { args: [string], result: [int, string] })
const join = defineTask('join', { args: [int, string], result: string })
const log = defineTask('log', { args: [string] })
const big = defineTask('big', { args: [bigint], result: bigint })
const store = defineTask('store', { args: [json<{ id: number }>()], result: json<{ key: string }>() })
const load = defineTask('load', { args: [json<{ key: string }>()], result: list(int) })

declare const send: <const S>(step: S extends Sendable<S> ? S : Sendable<S>) => ResultOf<S>
// The calls are for the type checker; nothing is sent.
const typed = (..._calls: readonly (() => unknown)[]): void => {}

describe('the type checker', () => {
  test('accepts chains whose results fit', () => {
    expect([
      chain(add.s(1, 1), add.s(5), show.s(), log.s()),
      chain(split.s('a'), join.s()),
      chain(split.s('a'), join.s(), log.s()),
      chain(store.s({ id: 1 }), load.s()),
      chain(half.s(2), log.si('done')),
      chain(add.s(1, 1), big.s()),
      chain(add.s(1, 1), add.s(1).with({ immutable: true }), show.si(3)),
    ]).toHaveLength(7)
  })

  test('refuses a step that does not take what the one before gives', () => {
    typed(
      // @ts-expect-error a string is no int
      () => chain(show.s(1), add.s(1)),
      // @ts-expect-error a float is no int
      () => chain(half.s(1), add.s(1)),
      // @ts-expect-error one argument is missing
      () => chain(show.s(1), join.s()),
      // @ts-expect-error the step takes nothing more
      () => chain(add.s(1, 1), add.s(1, 1)),
      // @ts-expect-error the results are a string too many
      () => chain(split.s('a'), show.s()),
      // @ts-expect-error text is no JSON text
      () => chain(show.s(1), load.s()),
      // @ts-expect-error JSON of another shape
      () => chain(store.s({ id: 1 }), store.s()),
      // @ts-expect-error 64 bits may not fit an int
      () => chain(big.s(1n), add.s(1)),
      // @ts-expect-error nothing is given
      () => chain(log.s('a'), log.s()),
      // @ts-expect-error an immutable parent passes nothing
      () => chain(show.s(1).with({ immutable: true }), log.s()),
      // @ts-expect-error a later step is wrong
      () => chain(add.s(1, 1), show.s(), log.s(), log.s()),
    )
  })

  test('matches groups member by member, and chords by all members', () => {
    expect([
      chain(add.s(1, 1), group(add.s(1), show.s()), join.s()),
      chain(add.s(1, 1), group(add.s(1), chain(half.s(), log.si('x')), group(add.s(2), add.s(3))), sum.s(1)),
      chord(group(add.s(1, 1), add.s(5, 5)), sum.s()),
      chord(group(...[1, 2].map((n) => add.s(n, n))), sum.s()),
      chord(group(chord(group(add.s(1, 1)), sum.s()), add.s(1, 2)), sum.s()),
      chain(chord(group(add.s(1, 1)), sum.s()), show.s()),
      chord(group(add.s(1, 1), split.s('a')), log.si('done')),
    ]).toHaveLength(7)
    typed(
      // @ts-expect-error one member takes no string
      () => chain(show.s(1), group(log.s(), add.s(1))),
      // @ts-expect-error a string among the results
      () => chord(group(add.s(1, 1), show.s(1)), sum.s()),
      // @ts-expect-error two results for one argument
      () => chord(group(add.s(1, 1), add.s(1, 1)), show.s()),
      // @ts-expect-error an unknown number of results for two arguments
      () => chord(group(...[1, 2].map((n) => add.s(n, n))), add.s()),
      // @ts-expect-error a chord has one callback
      () => chain(group(add.s(1, 1)), group(show.s(), show.s())),
      // @ts-expect-error the inner chain is wrong
      () => chain(add.s(1, 1), group(chain(show.s(), add.s(1)))),
    )
  })

  test('lets plain signatures stand anywhere', () => {
    const plain: Signature = newSignature('plain', [])
    expect([
      chain(plain, add.s(1), plain, log.s()),
      chord(group(plain, add.s(1, 1)), join.s()),
      chord(group(add.s(1, 1)), plain),
    ]).toHaveLength(3)
  })

  test('knows what waiting gives', () => {
    const pair = group(add.s(1, 1), show.s(1))
    const nested = group(log.s('a'), pair, chain(show.s(1), log.s()))
    const run = chain(add.s(1, 1), show.s())
    const parted = chain(add.s(1, 1), group(add.s(1), split.si('a')))
    const total = chord(pair, join.s())
    const dynamic = group(...[1, 2].map((n) => add.s(n, n)))
    expectTypeOf<ResultOf<ReturnType<typeof add.si>>>().toEqualTypeOf<number>()
    expectTypeOf<ResultOf<ReturnType<typeof split.si>>>().toEqualTypeOf<[number, string]>()
    expectTypeOf<ResultOf<ReturnType<typeof log.si>>>().toEqualTypeOf<undefined>()
    expectTypeOf<ResultOf<ReturnType<typeof store.si>>>().toEqualTypeOf<{ key: string }>()
    expectTypeOf<ResultOf<typeof pair>>().toEqualTypeOf<[number, string]>()
    expectTypeOf<ResultOf<typeof nested>>().toEqualTypeOf<[undefined, number, string, undefined]>()
    expectTypeOf<ResultOf<typeof run>>().toEqualTypeOf<string>()
    expectTypeOf<ResultOf<typeof parted>>().toEqualTypeOf<[number, [number, string]]>()
    expectTypeOf<ResultOf<typeof total>>().toEqualTypeOf<string>()
    expectTypeOf<ResultOf<typeof dynamic>>().toEqualTypeOf<number[]>()
    expectTypeOf<ResultOf<Signature>>().toEqualTypeOf<unknown>()
  })

  test('lets only be sent what is complete', () => {
    typed(
      () => [send(add.s(1, 1)), send(sum.s()), send(sum.s(1)), send(add.si(1, 2)), send(newSignature('x', []))],
      () => [send(chain(add.s(1, 1), show.s())), send(group(add.s(1, 1), sum.s())), send(group())],
      // @ts-expect-error an argument is missing
      () => send(add.s(1)),
      // @ts-expect-error an argument of the first step is missing
      () => send(chain(add.s(1), show.s())),
      // @ts-expect-error an argument of a member is missing
      () => send(group(add.s(1, 1), add.s(1))),
    )
  })
})
