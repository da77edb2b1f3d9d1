// Loaded first by processes whose clock is wrong: by MACHINERY_FAULT_CLOCK_OFFSET milliseconds, in all their threads.
const offsetMs = Number(process.env.MACHINERY_FAULT_CLOCK_OFFSET)
const RealDate = Date

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + offsetMs] : args, newTarget) as Date,
  apply: (target) => new target(target.now() + offsetMs).toString(),
  get: (target, key) => (key === 'now' ? () => target.now() + offsetMs : Reflect.get(target, key)),
})
