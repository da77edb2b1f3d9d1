import { type ConformanceCase, makeCases } from '../case.js'
import { type DelayStoreBench, delayStoring } from '../delay-store.js'
import { registerCases } from '../register.js'
import { resolveTiming } from '../timing.js'
import { BrokerBench } from './bench.js'
import { delays } from './delays.js'
import { inspecting } from './inspecting.js'
import type { BrokerKitOptions } from './options.js'
import { outages } from './outages.js'
import { publishingAndConsuming } from './publishing-and-consuming.js'
import { settling } from './settling.js'
import { stopping } from './stopping.js'

/** Everything a broker must do, for runners of one's own. Each case works on a queue of its own. */
export function brokerCases(options: BrokerKitOptions): readonly ConformanceCase[] {
  return makeCases<BrokerBench & DelayStoreBench>(
    {
      'publishing and consuming': publishingAndConsuming,
      settling,
      delays,
      outages,
      stopping,
      'inspecting (QueueInspector)': inspecting,
      'storing delayed messages (DelayStore)': delayStoring,
    },
    () => BrokerBench.open(options),
  )
}

/** Tests of everything a broker must do, for vitest. What its capabilities exclude is skipped by name. */
export function testBroker(options: BrokerKitOptions): void {
  const { patienceMs } = resolveTiming(options)
  registerCases('broker', brokerCases(options), 6 * patienceMs + 2 * (options.redeliveryMs ?? patienceMs))
}
