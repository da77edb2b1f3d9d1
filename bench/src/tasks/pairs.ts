import type { Pair, TaskPeer } from './task-peer.js'

const bulk = 1_000

function pairs(count: number): readonly Pair[] {
  return Array.from({ length: count }, (_, index) => [index, 1])
}

/** Sends so many tasks, a thousand at a time. */
export async function sendBulk(peer: TaskPeer, count: number): Promise<void> {
  for (let left = count; left > 0; left -= bulk) await peer.sendMany(pairs(Math.min(left, bulk)))
}
