/** One thing an adapter must do. */
export interface ConformanceCase {
  /** What it is about, for example `settling`. */
  readonly group: string
  /** What must be true, as a sentence. */
  readonly name: string
  /** Tries it on a fresh adapter, closing what it opened. Rejects where the adapter fails. */
  run(): Promise<CaseOutcome>
}

export type CaseOutcome =
  | { readonly status: 'passed' }
  /** The adapter's capabilities or roles, or the kit's options, leave nothing to test. */
  | { readonly status: 'skipped'; readonly reason: string }

/** Cases by their sentence. `B`: the bench they work on. */
export type CaseGroup<B> = Readonly<Record<string, (bench: B) => Promise<void>>>

/** What a case works with: it opens adapters and closes all of them in the end. */
export interface Bench {
  /** Rejects where closing fails or does not end. */
  cleanUp(): Promise<void>
}

/** Pairs cases with a bench of their own each. */
export function makeCases<B extends Bench>(
  groups: Readonly<Record<string, CaseGroup<B>>>,
  openBench: () => Promise<B>,
): readonly ConformanceCase[] {
  return Object.entries(groups).flatMap(([group, cases]) =>
    Object.entries(cases).map(([name, body]) => ({ group, name, run: () => runCase(body, openBench) })),
  )
}

/** Ends a case that has nothing to test here, unless `condition` holds. */
export function skipUnless(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Skipped(reason)
}

class Skipped {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

async function runCase<B extends Bench>(
  body: (bench: B) => Promise<void>,
  openBench: () => Promise<B>,
): Promise<CaseOutcome> {
  const bench = await openBench()
  try {
    await body(bench)
  } catch (error) {
    // What failed first says more than what closing makes of it.
    await bench.cleanUp().catch(() => {})
    if (error instanceof Skipped) return { status: 'skipped', reason: error.reason }
    throw error
  }
  await bench.cleanUp()
  return { status: 'passed' }
}
