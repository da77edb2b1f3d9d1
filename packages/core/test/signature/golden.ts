import { readFileSync } from 'node:fs'

function read(name: string): string {
  return readFileSync(new URL(`./golden/${name}`, import.meta.url), 'utf8')
}

export function goldenLines(name: string): string[] {
  return read(name).trimEnd().split('\n')
}

export function goldenJson<T>(name: string): T {
  return JSON.parse(read(name)) as T
}
