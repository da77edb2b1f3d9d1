import type { LedgerLine } from './ledger.js'
import type { Sent } from './producer.js'

/** What came of everything that was sent, from the ledgers alone. */
export interface Counters {
  readonly attempted: number
  /** `send()` resolved. */
  readonly acked: number
  /** `send()` rejected, and said that nothing was stored. */
  readonly rejected: number
  /** `send()` rejected, and did not know. */
  readonly indeterminate: number
  /** Tasks whose handler finished. */
  readonly executed: number
  /** Acked, never finished. */
  readonly lost: readonly string[]
  /** Indeterminate, finished all the same. */
  readonly recovered: number
  /** Tasks whose handler finished more than once in one attempt, and how often too much in all. */
  readonly duplicated: { readonly uuids: readonly string[]; readonly extraRuns: number }
  /** Handlers that were started, did not finish, and were started again. */
  readonly restarted: number
  /** What ran and nobody sent, or what `send()` said was not stored. */
  readonly unexpected: readonly string[]
  /** Promises of the product that did not settle. */
  readonly hung: number
  /** From the end of a worker until its tasks were started again, in milliseconds. */
  readonly recoveryMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined
}

export interface Death {
  readonly pid: number
  /** Epoch ms. */
  readonly t: number
}

/** What the ledgers do not tell. */
export interface Circumstances {
  readonly deaths: readonly Death[]
  /** By process: since when it consumes (epoch ms). */
  readonly readyAt: ReadonlyMap<number, number>
  readonly hung: number
}

export function count(sent: readonly Sent[], lines: readonly LedgerLine[], circumstances: Circumstances): Counters {
  const runs = runsOf(lines)
  const finished = new Set(lines.filter(({ event }) => event === 'end').map(({ uuid }) => uuid))
  const by = (outcome: Sent['outcome']): readonly Sent[] => sent.filter((one) => one.outcome === outcome)
  const welcome = new Set(sent.filter(({ outcome }) => outcome !== 'rejected').map(({ uuid }) => uuid))
  const extra = [...runs.values()].filter(({ ends }) => ends > 1)
  return {
    attempted: sent.length,
    acked: by('acked').length,
    rejected: by('rejected').length,
    indeterminate: by('indeterminate').length,
    executed: finished.size,
    lost: by('acked').flatMap(({ uuid, mayNotRun }) => (mayNotRun || finished.has(uuid) ? [] : [uuid])),
    recovered: by('indeterminate').filter(({ uuid }) => finished.has(uuid)).length,
    duplicated: {
      uuids: [...new Set(extra.map(({ uuid }) => uuid))],
      extraRuns: extra.reduce((sum, { ends }) => sum + ends - 1, 0),
    },
    restarted: [...runs.values()].reduce((sum, { starts, ends }) => sum + Math.max(0, starts - Math.max(1, ends)), 0),
    unexpected: [
      ...new Set(lines.flatMap(({ event, uuid }) => (event === 'fault' || welcome.has(uuid) ? [] : [uuid]))),
    ],
    hung: circumstances.hung,
    recoveryMs: percentiles(recoveryTimes(lines, circumstances)),
  }
}

interface Run {
  readonly uuid: string
  starts: number
  ends: number
}

/** By task and attempt. */
function runsOf(lines: readonly LedgerLine[]): ReadonlyMap<string, Run> {
  const runs = new Map<string, Run>()
  for (const { uuid, attempt, event } of lines) {
    if (event === 'fault') continue
    const key = `${uuid} ${attempt}`
    const run = runs.get(key) ?? { uuid, starts: 0, ends: 0 }
    runs.set(key, run)
    if (event === 'start') run.starts++
    if (event === 'end') run.ends++
  }
  return runs
}

/**
 * For each task that a worker was running when it died: how long until another worker started it, not counting the time in
 * which that one did not consume yet.
 */
function recoveryTimes(lines: readonly LedgerLine[], { deaths, readyAt }: Circumstances): readonly number[] {
  return deaths.flatMap(({ pid, t }) => {
    const own = lines.filter((line) => line.pid === pid)
    const ended = new Set(own.filter(({ event }) => event === 'end').map(({ uuid }) => uuid))
    const interrupted = own.filter(({ event, uuid }) => event === 'start' && !ended.has(uuid)).map(({ uuid }) => uuid)
    return interrupted.flatMap((uuid) => {
      const again = lines.find(
        (line) => line.uuid === uuid && line.pid !== pid && line.event === 'start' && line.t >= t,
      )
      return again === undefined ? [] : [Math.max(0, again.t - Math.max(t, readyAt.get(again.pid) ?? t))]
    })
  })
}

function percentiles(times: readonly number[]): Counters['recoveryMs'] {
  if (times.length === 0) return undefined
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** What a fault may cost. Everything that is not named must not have happened. */
export interface Allowed {
  /** How many extra runs. @default 0 */
  readonly extraRuns?: number
  /** Tasks of which it is documented that they are lost. */
  readonly lost?: ReadonlySet<string>
  /** Whether sending may fail. @default false */
  readonly unsent?: boolean
  /** The longest recovery, in milliseconds. */
  readonly recoveryMs?: number
  /** The median recovery, in milliseconds. */
  readonly medianRecoveryMs?: number
}

/** @throws Error naming the uuids, when something was lost, ran too often, ran though nobody sent it, or hung */
export function expectNothingLost(counters: Counters, allowed: Allowed = {}): void {
  const lost = counters.lost.filter((uuid) => !allowed.lost?.has(uuid))
  const tooSlow = (name: 'max' | 'p50', allowedMs = Number.POSITIVE_INFINITY): readonly string[] => {
    const ms = counters.recoveryMs?.[name] ?? 0
    return ms > allowedMs ? [`recovery took ${ms} ms (${name}), allowed are ${allowedMs}`] : []
  }
  const problems = [
    ...(lost.length > 0 ? [`lost ${lost.length}: ${lost.slice(0, 5).join(', ')}`] : []),
    ...(counters.unexpected.length > 0 ? [`unexpected: ${counters.unexpected.slice(0, 5).join(', ')}`] : []),
    ...(counters.rejected + counters.indeterminate > 0 && !allowed.unsent
      ? [`${counters.rejected + counters.indeterminate} could not be sent`]
      : []),
    ...(counters.hung > 0 ? [`${counters.hung} promises hung`] : []),
    ...(counters.duplicated.extraRuns > (allowed.extraRuns ?? 0)
      ? [`${counters.duplicated.extraRuns} extra runs of ${counters.duplicated.uuids.slice(0, 5).join(', ')}`]
      : []),
    ...tooSlow('max', allowed.recoveryMs),
    ...tooSlow('p50', allowed.medianRecoveryMs),
  ]
  if (problems.length > 0) throw new Error(`${problems.join('; ')}\n${showCounters(counters)}`)
}

/** On one line. */
export function showCounters(counters: Counters): string {
  const { lost, unexpected, duplicated, recoveryMs, ...rest } = counters
  const numbers = {
    ...rest,
    lost: lost.length,
    unexpected: unexpected.length,
    extraRuns: duplicated.extraRuns,
    ...(recoveryMs && { 'recoveryMs p50/max': `${recoveryMs.p50}/${recoveryMs.max}` }),
  }
  return Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
