import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isMachineryError } from '../../src/errors/index.js'
import { parseSchedule, type Schedule } from '../../src/schedule/index.js'

/** What robfig/cron v3.0.1 made of each spec; written by robfig-golden/main.go. */
const golden = readFileSync(new URL('./robfig.golden.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as [spec: string, activations: string[] | null])

const start = new Date('2024-01-31T23:58:01.500Z')

function parse(spec: string): Schedule {
  return parseSchedule(spec, /^(CRON_)?TZ=/.test(spec) ? {} : { timeZone: 'UTC' })
}

/** The first three activations without fractions, or null if the spec is refused. */
function activations(spec: string): string[] | null {
  let schedule: Schedule
  try {
    schedule = parse(spec)
  } catch (error) {
    if (isMachineryError(error, 'MACHINERY_CONFIGURATION')) return null
    throw error
  }
  const found: string[] = []
  let at: Date | undefined = start
  while (found.length < 3) {
    at = schedule.next(at)
    if (at === undefined) break
    found.push(at.toISOString().replace('.000Z', 'Z'))
  }
  return found
}

function refusal(spec: string, options?: { timeZone?: string }): string {
  try {
    parseSchedule(spec, options)
  } catch (error) {
    if (isMachineryError(error, 'MACHINERY_CONFIGURATION')) return error.message
    throw error
  }
  throw new Error(`${spec} was accepted`)
}

describe('the dialect of robfig/cron', () => {
  /** The only forms that Go takes and we do not: see docs/decisions/0003-cron.md. */
  const isRefusedOnPurpose = (spec: string, inGo: readonly string[]): boolean =>
    inGo.length === 0 || /[*?]-\d/.test(spec) || spec.startsWith('@every -')

  test('takes what Go takes, refuses what Go refuses, and fires at the same times', () => {
    const differences = golden.filter(([spec, inGo]) => {
      const expected = inGo === null || isRefusedOnPurpose(spec, inGo) ? null : inGo
      return JSON.stringify(activations(spec)) !== JSON.stringify(expected)
    })
    expect(differences).toEqual([])
  })

  test('the recorded specs are many, and both kinds are among them', () => {
    const accepted = golden.filter(([, inGo]) => inGo !== null)
    expect(accepted.length).toBeGreaterThan(600)
    expect(golden.length - accepted.length).toBeGreaterThan(100)
    expect(golden.filter(([spec, inGo]) => inGo !== null && isRefusedOnPurpose(spec, inGo)).length).toBeLessThan(10)
  })

  test.each(['* * * * * *', '60 * * * *', '* * * * 7', '@reboot', '*-5 * * * *', '@every -5s'])(
    'refuses %s',
    (spec) => {
      expect(activations(spec)).toBeNull()
    },
  )

  test('0 0 1 jan mon runs on the first of January or on its Mondays', () => {
    const schedule = parseSchedule('0 0 1 jan mon', { timeZone: 'UTC' })
    const days: number[] = []
    for (let at = schedule.next(new Date('2023-12-31')); at && at < new Date('2025-01-01'); at = schedule.next(at)) {
      days.push(at.getUTCDate())
    }
    expect(days).toEqual([1, 8, 15, 22, 29])
  })

  test('5/15 in the minutes is 5, 20, 35 and 50', () => {
    const schedule = parseSchedule('5/15 * * * *', { timeZone: 'UTC' })
    const minutes: number[] = []
    for (let at = new Date('2024-01-01'); minutes.length < 5; ) {
      at = schedule.next(at) ?? at
      minutes.push(at.getUTCMinutes())
    }
    expect(minutes).toEqual([5, 20, 35, 50, 5])
  })

  test('keeps the text of the spec, which is a part of the lock key', () => {
    expect(parseSchedule(' 0  6 * * ? ').spec).toBe(' 0  6 * * ? ')
    expect(parseSchedule('TZ=UTC @every 5s').spec).toBe('TZ=UTC @every 5s')
  })
})

describe('time zones', () => {
  const noon = new Date('2024-06-01T12:00:00Z')

  test('the option and both prefixes choose the wall clock', () => {
    for (const schedule of [
      parseSchedule('0 18 * * *', { timeZone: 'Asia/Tokyo' }),
      parseSchedule('0 18 * * *', { timeZone: 'asia/tokyo' }),
      parseSchedule('TZ=Asia/Tokyo 0 18 * * *'),
      parseSchedule('CRON_TZ=Asia/Tokyo 0 18 * * *', { timeZone: 'Asia/Tokyo' }),
    ]) {
      expect(schedule.timeZone).toBe('Asia/Tokyo')
      expect(schedule.next(noon)).toEqual(new Date('2024-06-02T09:00:00Z'))
    }
  })

  test('without either, the zone of the process counts', () => {
    const local = new Intl.DateTimeFormat().resolvedOptions().timeZone
    for (const spec of ['30 4 * * *', 'TZ=Local 30 4 * * *']) {
      const schedule = parseSchedule(spec)
      expect(schedule.timeZone).toBe(local)
      const next = schedule.next(noon)
      expect([next?.getHours(), next?.getMinutes()]).toEqual([4, 30])
    }
  })

  test('an empty prefix is UTC, as in Go', () => {
    expect(parseSchedule('TZ= 0 0 * * *').timeZone).toBe('UTC')
  })

  test('@every has no zone', () => {
    expect(parseSchedule('@every 5s', { timeZone: 'Asia/Tokyo' })).not.toHaveProperty('timeZone')
  })

  test('refuses a prefix that contradicts the option', () => {
    expect(refusal('TZ=Asia/Tokyo 0 18 * * *', { timeZone: 'Europe/Paris' })).toBe(
      'Invalid schedule "TZ=Asia/Tokyo 0 18 * * *": its prefix says Asia/Tokyo, the option timeZone says Europe/Paris. Give one of them.',
    )
  })

  test.each(['Nope/Zone', '+01:00', '', 'Europe/Paris ', '../UTC', 'x'.repeat(1e5)])(
    'refuses the zone %.20s',
    (timeZone) => {
      expect(refusal('* * * * *', { timeZone })).toMatch(
        /^Unknown time zone ".{0,62}"\. Use an IANA name such as "Europe\/Paris"/,
      )
    },
  )
})

describe('what a refusal says', () => {
  const steps = '"*", "?", lists "a,b", ranges "a-b", steps "*/n", "a-b/n", "a/n".'

  test.each([
    ['61 * * * *', `minute "61" is out of range. Allowed: 0-59, ${steps}`],
    ['* 5,24-3 * * *', `hour "24-3" is out of range. Allowed: 0-23, ${steps}`],
    ['* 5-3 * * *', `hour "5-3" ends before it begins; write two ranges to go over the end. Allowed: 0-23, ${steps}`],
    ['* * 1-2-3 * *', `day-of-month "1-2-3" has more than one hyphen. Allowed: 1-31, ${steps}`],
    ['* * * juli *', `month "juli" has "juli" where a value belongs. Allowed: 1-12, jan-dec, ${steps}`],
    ['* * * * 7', `day-of-week "7" is out of range. Allowed: 0-6 (Sunday is 0), sun-sat, ${steps}`],
    ['*/0 * * * *', `minute "*/0" has a step of 0; a step is 1 or more. Allowed: 0-59, ${steps}`],
    ['*/x * * * *', `minute "*/x" has the step "x", which is no number. Allowed: 0-59, ${steps}`],
    ['1/2/3 * * * *', `minute "1/2/3" has more than one slash. Allowed: 0-59, ${steps}`],
    [', * * * *', `minute "," selects nothing. Allowed: 0-59, ${steps}`],
    ['*-5 * * * *', `minute "*-5" has "*" where a value belongs. Allowed: 0-59, ${steps}`],
    ['* * * *', 'expected exactly 5 fields (minute hour day-of-month month day-of-week), found 4.'],
    [
      '0 * * * * *',
      'expected exactly 5 fields (minute hour day-of-month month day-of-week), found 6. There is no field for seconds; use "@every 10s".',
    ],
    ['0 0 30 2 *', 'it never fires: none of its months has any of its days. Choose a date that exists.'],
    [
      '@Daily',
      'unknown descriptor "@Daily". There are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly and "@every <duration>", in lower case.',
    ],
    [
      '@every 5',
      '"5" is no duration of 0 or more and at most 2562047h. Write numbers with units h, m, s or ms, for example "@every 1h30m".',
    ],
    ['TZ=Mars/X * * * * *', 'unknown time zone "Mars/X". Use an IANA name such as "Europe/Paris" or "UTC".'],
    ['TZ=UTC', 'nothing follows the time zone. Write "TZ=<zone> <schedule>".'],
  ])('%s', (spec, problem) => {
    expect(refusal(spec)).toBe(`Invalid schedule "${spec}": ${problem}`)
  })

  test('a spec that is no string is a TypeError', () => {
    for (const spec of [undefined, null, 5, {}, new Date()]) {
      expect(() => parseSchedule(spec as unknown as string)).toThrow(TypeError)
    }
  })
})
