/**
 * The timers of Node as they were when this library was loaded. A test that replaces the global ones with fakes
 * stops its own code, not the deadlines and loops in here.
 */
export const nativeNow: () => number = Date.now
export const nativeSetTimeout: (callback: () => void, ms: number) => NodeJS.Timeout = setTimeout
export const nativeClearTimeout: (timer: NodeJS.Timeout | undefined) => void = clearTimeout
export const nativeSetImmediate: (callback: () => void) => NodeJS.Immediate = setImmediate
