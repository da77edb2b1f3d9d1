/** After how long a step says that it is under way, and then that it still is, in milliseconds. */
const [firstWordMs, nextWordMs] = [2000, 30_000]

/** @param {string} line */
export function say(line) {
  process.stdout.write(`${line}\n`)
}

/**
 * One line of the report: `ok    Build   3.1 s`.
 * @param {string} mark
 * @param {string} name
 * @param {number} startedAt of `performance.now()`
 */
export function sayDone(mark, name, startedAt) {
  say(`${mark.padEnd(5)} ${name}  ${seconds(performance.now() - startedAt)}`)
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

/**
 * Carries out one step, and says how long it took; a long one is announced.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const startedAt = performance.now()
  const word = () => {
    sayDone('...', name, startedAt)
    timer = setTimeout(word, nextWordMs)
  }
  let timer = setTimeout(word, firstWordMs)
  try {
    const result = await work()
    sayDone('ok', name, startedAt)
    return result
  } catch (error) {
    sayDone('FAIL', name, startedAt)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Something that the person at the keyboard can mend. Shown without a stack. */
export class Problem extends Error {}

/**
 * Runs a script's main function: its result is the exit code, a `Problem` is shown as a message.
 * @param {() => Promise<number>} main
 */
export function runMain(main) {
  process.once('exit', (code) => {
    // Nothing was left to wait for, and yet main has not come to an end.
    if (code === 0 && !ended) process.exitCode = 1
  })
  let ended = false
  main().then(
    (code) => {
      ended = true
      process.exit(code)
    },
    (error) => {
      process.stderr.write(`\n${error instanceof Problem ? error.message : error.stack}\n`)
      process.exit(1)
    },
  )
}
