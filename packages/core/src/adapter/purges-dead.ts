import { InvalidArgumentError } from '../errors/index.js'

/**
 * Whether `QueueInspector.purge` is to remove the parked messages rather than those that are ready. Nothing else is purged
 * by a guess: what it removes is gone.
 * @throws InvalidArgumentError for any other word than `pending` and `dead`
 */
export function purgesDead(what: 'pending' | 'dead'): boolean {
  if (what === 'pending' || what === 'dead') return what === 'dead'
  const given = typeof what === 'string' ? JSON.stringify(String(what).slice(0, 100)) : typeof what
  throw new InvalidArgumentError(
    `purge() removes "pending" messages, which are ready, or "dead" ones, which were parked; got ${given}. Delayed messages cannot be purged.`,
  )
}
