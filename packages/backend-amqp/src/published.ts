import type { Settled } from '@machinery/core/adapter'

/** @throws the error of the first message that was not stored for sure */
export function assertPublished(settled: readonly Settled[]): void {
  for (const each of settled) if (each.status !== 'ok') throw each.error
}
