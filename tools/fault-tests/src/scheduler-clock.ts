import type { Clock } from '@machinery/core'
import { systemClock } from '@machinery/core/adapter'

/** What time it is for a process, as plain data: times in milliseconds. */
export interface SchedulerTime {
  /** Until the real clock says this (epoch ms), this one stands still and says `start`. */
  readonly realStart: number
  /** Epoch ms. */
  readonly start: number
  /** How many times faster than real time it goes. */
  readonly speed: number
  /** How wrong it is. */
  readonly offsetMs: number
}

/** A clock that goes faster than the real one, the same in all processes but for how wrong it is, which may change. */
export class SchedulerClock implements Clock {
  readonly #time: SchedulerTime
  offsetMs: number

  constructor(time: SchedulerTime) {
    this.#time = time
    this.offsetMs = time.offsetMs
  }

  now(): number {
    return timeOf(this.#time) + this.offsetMs
  }

  setTimer(callback: () => void, ms: number): () => void {
    return systemClock.setTimer(callback, ms / this.#time.speed)
  }
}

/** What the clock says where it is right (epoch ms). */
export function timeOf({ realStart, start, speed }: Omit<SchedulerTime, 'offsetMs'>): number {
  return Math.floor(start + Math.max(0, Date.now() - realStart) * speed)
}
