/**
 * What became of one item of a batch.
 * `ok`: done, for sure. `rejected`: not done, for sure. `indeterminate`: unknown, for example when the connection broke
 * before the answer came. An adapter answers one per item, in the order of the items.
 */
export type Settled =
  | { readonly status: 'ok' }
  | { readonly status: 'rejected'; readonly error: unknown }
  | { readonly status: 'indeterminate'; readonly error: unknown }

/** The one answer for "done": shared, so that a batch of thousands allocates nothing. */
export const settledOk: Settled = Object.freeze({ status: 'ok' })
