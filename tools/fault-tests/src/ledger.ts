import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** One line of a worker's ledger. */
export interface LedgerLine {
  /** `start` and `end` of a handler; `abort`: it was told to give up, or threw; `fault`: a failpoint was reached. */
  readonly event: 'start' | 'end' | 'abort' | 'fault'
  readonly uuid: string
  readonly task: string
  readonly attempt: number
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly t: number
  /** What the handler was called with, or the name of the failpoint. */
  readonly note?: unknown
}

/** Appends lines to a file of this process alone. Each is with the kernel when `write` returns, so SIGKILL loses none. */
export class LedgerWriter {
  readonly #file: number

  constructor(directory: string) {
    this.#file = openSync(join(directory, `${process.pid}.jsonl`), 'a')
  }

  write(line: Omit<LedgerLine, 'pid' | 't'>): void {
    const whole: LedgerLine = { ...line, pid: process.pid, t: Date.now() }
    writeSync(this.#file, `${JSON.stringify(whole)}\n`)
  }
}

/** Reads what all workers wrote so far. */
export class LedgerReader {
  readonly #directory: string
  readonly #read = new Map<string, { offset: number; rest: string }>()
  readonly #lines: LedgerLine[] = []

  constructor(directory: string) {
    this.#directory = directory
  }

  lines(): readonly LedgerLine[] {
    for (const name of readdirSync(this.#directory)) {
      if (name.endsWith('.jsonl')) this.#readOn(name)
    }
    return this.#lines
  }

  #readOn(name: string): void {
    const place = this.#read.get(name) ?? { offset: 0, rest: '' }
    this.#read.set(name, place)
    const file = openSync(join(this.#directory, name), 'r')
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - place.offset)
      if (bytes.length === 0) return
      place.offset += readSync(file, bytes, 0, bytes.length, place.offset)
      const lines = (place.rest + bytes.toString()).split('\n')
      place.rest = lines.pop() ?? ''
      for (const line of lines) this.#lines.push(JSON.parse(line) as LedgerLine)
    } finally {
      closeSync(file)
    }
  }
}
