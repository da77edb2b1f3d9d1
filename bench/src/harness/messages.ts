import type { Figures, Scale } from './suite.js'

/** What a child process is for: its one argument, as JSON. */
export interface Assignment {
  readonly role: 'run' | 'companion'
  readonly suite: string
  readonly experiment: string
  readonly subject: string
  readonly url: string
  readonly scale: Scale
}

/** From a child to the process that started it. */
export type Report =
  | { readonly type: 'figures'; readonly figures: Figures }
  | { readonly type: 'ready' }
  | { readonly type: 'seen'; readonly seen: unknown }
  | { readonly type: 'failed'; readonly error: string }

/** To a companion. */
export type Order = { readonly type: 'stop' }
