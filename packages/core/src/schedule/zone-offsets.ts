/** A stretch of time in which a zone's distance from UTC stays the same. All numbers are milliseconds. */
export interface OffsetSpan {
  /** Instant of its beginning. */
  readonly start: number
  /** Instant just after it. */
  readonly end: number
  /** What to add to an instant to get wall-clock time. */
  readonly offset: number
}

/**
 * A stretch is looked up in blocks, and only the two ends of a block are compared: a change that is undone within one
 * block goes unseen. The shortest there has been since 1900 is that of Boa Vista in October 2000, one hour less than 7 days.
 */
const BLOCK_MS = 4 * 24 * 3_600_000

/** About ten years of blocks per zone, some 100 kB. */
const MOST_BLOCKS = 1_000

const LATEST_INSTANT = 8.64e15

/** How far the wall clock of one zone is from UTC, and when that changes. Get one from {@link zoneOffsets}. */
export class ZoneOffsets {
  /** The zone's IANA name. */
  readonly timeZone: string
  readonly #format: Intl.DateTimeFormat
  readonly #blocks = new Map<number, readonly OffsetSpan[]>()

  /** @throws RangeError when the zone is unknown */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    this.timeZone = this.#format.resolvedOptions().timeZone
  }

  /** The stretch around `instant`. A long one comes in several parts, so neighbours may have the same offset. */
  spanAt(instant: number): OffsetSpan {
    const index = Math.floor(instant / BLOCK_MS)
    let spans = this.#blocks.get(index)
    if (spans === undefined) {
      if (this.#blocks.size >= MOST_BLOCKS) this.#blocks.clear()
      spans = this.#spansOf(index * BLOCK_MS)
      this.#blocks.set(index, spans)
    }
    let found = spans[0] as OffsetSpan
    for (let i = 1; i < spans.length && found.end <= instant; i++) found = spans[i] as OffsetSpan
    return found
  }

  #spansOf(blockStart: number): readonly OffsetSpan[] {
    const blockEnd = blockStart + BLOCK_MS
    const offsetAtEnd = this.#offsetAt(blockEnd)
    const spans: OffsetSpan[] = []
    let start = blockStart
    let offset = this.#offsetAt(start)
    while (offset !== offsetAtEnd) {
      const end = this.#firstChange(start, blockEnd, offset)
      spans.push({ start, end, offset })
      start = end
      offset = this.#offsetAt(start)
    }
    if (start < blockEnd) spans.push({ start, end: blockEnd, offset })
    return spans
  }

  /** The first whole second after `from` at which the offset is no longer `offset`; at `to` it is another. */
  #firstChange(from: number, to: number, offset: number): number {
    let same = from / 1000
    let changed = to / 1000
    while (changed - same > 1) {
      const middle = Math.floor((same + changed) / 2)
      if (this.#offsetAt(middle * 1000) === offset) same = middle
      else changed = middle
    }
    return changed * 1000
  }

  #offsetAt(instant: number): number {
    const text = this.#format.format(Math.min(Math.max(instant, -LATEST_INSTANT), LATEST_INSTANT))
    return parseOffset(text.slice(text.lastIndexOf('GMT') + 3))
  }
}

/** Reads `+05:45`, `-00:44:30`, or nothing for zero. */
function parseOffset(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).split(':').map(Number)
  const distance = ((hours * 60 + minutes) * 60 + seconds) * 1000
  return text.startsWith('-') ? -distance : distance
}

/** By lower-case name: making a formatter takes half a millisecond. There are some 600 zone names, so this stays small. */
const known = new Map<string, ZoneOffsets>()

/** The offsets of an IANA zone, in any case; undefined when there is no such zone. Offsets such as `+01:00` are none. */
export function zoneOffsets(timeZone: string): ZoneOffsets | undefined {
  if (timeZone.length > 64 || !/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(timeZone)) return undefined
  const key = timeZone.toLowerCase()
  let zone = known.get(key)
  if (zone === undefined) {
    try {
      zone = new ZoneOffsets(timeZone)
    } catch {
      return undefined
    }
    known.set(key, zone)
  }
  return zone
}

/** The offsets of the zone this process runs in; UTC where the runtime cannot tell, which is what `Date` does then. */
export function localZoneOffsets(): ZoneOffsets {
  return zoneOffsets(new Intl.DateTimeFormat().resolvedOptions().timeZone) ?? new ZoneOffsets('UTC')
}
