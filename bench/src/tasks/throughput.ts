import type { Taken } from '../harness/stopwatch.js'
import type { Figures, Measure } from '../harness/suite.js'

/** How many a second, and what each costs. */
export function throughputMeasures(name: string, about: string): readonly Measure[] {
  return [
    { name, about, unit: 'tasks/s', better: 'higher' },
    { name: `${name}-cpu`, about: 'the same: processor time of Node', unit: 'µs/task', better: 'lower' },
  ]
}

export function throughputFigures(name: string, count: number, { us, cpuUs }: Taken): Figures {
  return { [name]: count / (us / 1_000_000), [`${name}-cpu`]: cpuUs / count }
}
