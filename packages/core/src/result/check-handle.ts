import type { WorkflowHandle } from './workflow-result.js'

/** @throws TypeError when it is not what the JSON of a workflow's handle parses to */
export function checkHandle(handle: WorkflowHandle): void {
  const what = 'workflowResult() takes what the JSON of a workflow handle parses to'
  if (typeof handle === 'string') throw new TypeError(`${what}, got text. Use workflowResult(JSON.parse(text)).`)
  const isHandle =
    typeof handle === 'object' &&
    handle !== null &&
    typeof handle.uuid === 'string' &&
    typeof handle.tree === 'object' &&
    handle.tree !== null &&
    Array.isArray(handle.ends)
  if (isHandle) return
  throw new TypeError(
    `${what}, with uuid, tree and ends, got something else. Use the JSON of what sendChain(), sendGroup() or sendChord() gave.`,
  )
}
