/** The largest body that is decoded, in bytes. No broker's default limit is above it. */
export const maxBodyBytes: number = 16 * 1024 * 1024

/** How deep callbacks may nest: a chain of n tasks nests n - 1. */
export const maxCallbackDepth = 1000

/** How deep the lists and objects inside one argument or result may nest. */
export const maxValueDepth = 200

/** How deep received JSON may nest: two levels per callback (a list and an object), then an argument's value. */
export const maxJsonDepth: number = 2 * maxCallbackDepth + maxValueDepth + 10
