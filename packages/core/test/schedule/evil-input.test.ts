import { describe, expect, test } from 'vitest'
import { isMachineryError } from '../../src/errors/index.js'
import { parseSchedule } from '../../src/schedule/index.js'

const LIMIT_MS = 5

/** The shortest of several runs: what the input costs, without what else the machine does. */
function fastest(run: () => void): number {
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = performance.now()
      run()
      return performance.now() - start
    }),
  )
}

function errorOf(spec: string): unknown {
  try {
    parseSchedule(spec).next(new Date())
  } catch (error) {
    return error
  }
  return undefined
}

const REFUSED: Readonly<Record<string, string>> = {
  '100 kB of digits': `${'1'.repeat(1e5)} * * * *`,
  '100 kB of commas': `${','.repeat(1e5)} * * * *`,
  '100 kB of white space': ' '.repeat(1e5),
  '100 kB of slashes': `*${'/1'.repeat(5e4)} * * * *`,
  '100 kB of hyphens': `1${'-1'.repeat(5e4)} * * * *`,
  'thousands of list items': `${Array(2e4).fill('*/1').join()} * * * *`,
  'thousands of fields': Array(5e4).fill('*').join(' '),
  'a hundred zones': 'TZ=UTC '.repeat(100),
  '990 digits': `${'9'.repeat(990)} * * * *`,
  '490 slashes': `*${'/1'.repeat(490)} * * * *`,
  'a huge range': '0-999999999999 * * * *',
  'a range beyond doubles': `0-${'9'.repeat(400)} * * * *`,
  'a huge step': `*/${'9'.repeat(400)} * * * *`,
  'a step of zero': '0-59/0 * * * *',
  'a fractional step': '*/0.0000001 * * * *',
  'an exponent': '1e1 * * * *',
  'a negative value': '-1 * * * *',
  'a negative step': '*/-1 * * * *',
  'Arabic digits': '٥ * * * *',
  'full-width digits': '５ * * * *',
  'a full-width star': '＊ * * * *',
  'a Kelvin sign': '* * * * wee\u212a',
  'a zero byte': '\0 * * * *',
  'half a surrogate pair': '\ud800 * * * *',
  'a date that never comes': '* * 31 2,4,6,9,11 *',
  'an interval beyond 64 bits': '@every 9999999999h',
  'an interval of 990 digits': `@every ${'9'.repeat(990)}`,
  'an interval of 900 digits with a unit': `@every ${'9'.repeat(900)}h`,
  'an interval without digits': `@every ${'.'.repeat(900)}s`,
  'an unknown zone': 'TZ=Nope/Zone * * * * *',
  'a zone that is a path': 'TZ=../../etc/passwd * * * * *',
  'a very long zone': `TZ=${'a/'.repeat(450)} * * * * *`,
  'a name from the prototype': '@constructor',
  'a unit from the prototype': '@every 1constructor',
  'the prototype itself': '@__proto__',
}

describe('S06: hostile specs', () => {
  // The first use of Intl in a process loads its tables, which takes 15 ms and is no spec's fault.
  parseSchedule('TZ=Europe/Paris * * * * *')

  test.each(Object.entries(REFUSED))(`%s: refused within ${LIMIT_MS} ms`, (_, spec) => {
    const error = errorOf(spec)
    expect(isMachineryError(error, 'MACHINERY_CONFIGURATION')).toBe(true)
    expect((error as Error).message.length).toBeLessThan(600)
    expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cs}]/u)
    expect(fastest(() => errorOf(spec))).toBeLessThan(LIMIT_MS)
  })

  test.each([
    ['as many list items as fit', `${Array(245).fill('*/1').join()} * * * *`],
    ['as many empty list items as fit', `1${','.repeat(980)} * * * *`],
    ['as many zeros as fit', `${'0'.repeat(980)}1 * * * *`],
    ['as many fractions as fit', `@every 0.${'9'.repeat(980)}s`],
    ['as many parts as fit', `@every ${'1s'.repeat(490)}`],
    ['the longest pause there is', 'TZ=Europe/Paris 0 0 29 2 *'],
  ])(`%s: handled within ${LIMIT_MS} ms`, (_, spec) => {
    expect(errorOf(spec)).toBeUndefined()
    expect(fastest(() => errorOf(spec))).toBeLessThan(LIMIT_MS)
  })

  test('a spec of 1001 characters is refused, one of 1000 is not', () => {
    expect(errorOf(`* * * * *${' '.repeat(991)}`)).toBeUndefined()
    expect((errorOf(`* * * * *${' '.repeat(992)}`) as Error).message).toMatch(
      /: it has 1001 characters, and at most 1000 are allowed\.$/,
    )
  })

  test('random text near the grammar is refused or handled, never more', () => {
    const alphabet = '*?/-,0123456789 @TZ=janmosuevryh.\t'
    let state = 7
    for (let i = 0; i < 20_000; i++) {
      let spec = ''
      do {
        state = (state * 48_271) % 2_147_483_647
        spec += alphabet[state % alphabet.length] ?? ''
      } while (state % 23 !== 0)
      const error = errorOf(spec)
      expect(error === undefined || isMachineryError(error, 'MACHINERY_CONFIGURATION'), spec).toBe(true)
    }
  })
})
