/** Lets one of many act. Retrying is core's. */
export interface Lock {
  /** For messages and logs, for example `redis`. */
  readonly name: string

  /**
   * Takes `key` until `until`; false when somebody else holds it. `owner` taking it again is success, since clients
   * repeat calls whose answer was lost, and moves its end to a later `until`.
   * @param options.until end of the lock, in **nanoseconds** since the epoch: the wire form of Machinery's locks
   */
  acquire(key: string, options: { readonly until: bigint; readonly owner: string }): Promise<boolean>

  /** Releases what this lock opened itself, not the keys it took. Safe to call twice. */
  close(): Promise<void>
}
