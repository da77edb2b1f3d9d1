import { type ConformanceCase, makeCases } from '../case.js'
import { type DelayStoreBench, delayStoring } from '../delay-store.js'
import { registerCases } from '../register.js'
import { resolveTiming } from '../timing.js'
import { BackendBench } from './bench.js'
import { chords } from './chords.js'
import { goingForwards } from './going-forwards.js'
import { groups } from './groups.js'
import { notifyingCancellations, notifyingResults } from './notifying.js'
import type { BackendKitOptions } from './options.js'
import { outages } from './outages.js'
import { renewing } from './renewing.js'
import { states } from './states.js'
import { stopping } from './stopping.js'

/** Everything a backend must do, for runners of one's own. Each case works on UUIDs of its own. */
export function backendCases(options: BackendKitOptions): readonly ConformanceCase[] {
  return makeCases<BackendBench & DelayStoreBench>(
    {
      'keeping states': states,
      'going forwards': goingForwards,
      groups,
      chords,
      'announcing results (ResultNotifier)': notifyingResults,
      'carrying cancellations (CancelNotifier)': notifyingCancellations,
      'renewing records (RecordRenewer)': renewing,
      'storing delayed messages (DelayStore)': delayStoring,
      outages,
      stopping,
    },
    () => BackendBench.open(options),
  )
}

/** Tests of everything a backend must do, for vitest. What its capabilities exclude is skipped by name. */
export function testBackend(options: BackendKitOptions): void {
  registerCases('backend', backendCases(options), 6 * resolveTiming(options).patienceMs)
}
