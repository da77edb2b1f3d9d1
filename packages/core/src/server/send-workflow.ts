import type { Backend, CancelNotifier, Clock, Logger } from '../contracts/index.js'
import {
  ConfigurationError,
  checkOptions,
  describeError,
  type OptionNames,
  UnsupportedError,
  WorkflowCancelledError,
  WorkflowNotSentError,
} from '../errors/index.js'
import { failTasks } from '../result/index.js'
import type { Checked, Ready, Sender } from '../sending/index.js'
import { nowText } from '../signature/index.js'
import { showValue } from '../task/index.js'
import type { CompiledGroup, CompiledWorkflow, SignatureWorkflow, Workflow } from '../workflow/index.js'
import { compileWorkflow, startingAt, taskNodesOf } from '../workflow/index.js'

// Kept from module load on, so that a user's fake timers do not stop the library.
const { setImmediate } = globalThis

export interface SendWorkflowOptions {
  /** Told how many of the members to send were confirmed so far. What it throws is logged; sending goes on. */
  readonly onProgress?: (sent: number, total: number) => void
}

type SendOptions = SendWorkflowOptions & { readonly sendConcurrency?: number }

const names: OptionNames<SendOptions> = { onProgress: true, sendConcurrency: true }

export interface WorkflowSenderParts {
  readonly sender: Sender
  readonly backend: Backend
  readonly canceller: CancelNotifier | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** How many members are on their way at once where the caller sets no limit: some full batches. */
const DEFAULT_CONCURRENCY = 4_000

/**
 * Sends a workflow: its groups' records first, then the tasks that start it.
 * @throws ConfigurationError for unknown options
 * @throws WorkflowNotSentError when some could not be sent; the rest is cancelled, so that nobody waits for it
 */
export async function sendWorkflow(
  parts: WorkflowSenderParts,
  workflow: Workflow | SignatureWorkflow,
  options: SendOptions,
): Promise<CompiledWorkflow> {
  const { sender } = parts
  checkOptions('Sending a workflow', options, names)
  const { onProgress, sendConcurrency = 0 } = options
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new ConfigurationError(`onProgress must be a function, got ${showValue(onProgress)}.`)
  }
  const compiled = startingAt(compileWorkflow(workflow), parts.clock.now())
  // Everything that can be refused is refused before anything is stored.
  const checked = checkWorkflow(parts, compiled, sendConcurrency)
  const storing = createGroups(parts, compiled, compiled.groups)
  const [pending, roots] = await Promise.all([storing, makeReady(sender, compiled, checked)])
  const send: Send<Ready> = (root, onSent, onFailed) => {
    if (pending.has(root.signature.uuid)) sender.sendPending(root, onSent, onFailed)
    else sender.sendReady(root).then(onSent, onFailed)
  }
  const notSent = await sendAll(roots, send, sendConcurrency, guardProgress(onProgress, parts.logger))
  if (notSent.length === 0) return compiled
  if (compiled.roots.length === 1) throw notSent[0]?.error
  try {
    await abandonWorkflow(parts, compiled)
  } catch (error) {
    parts.logger.warn(`A workflow was sent in part and could not be cancelled: ${describeError(error)}`, {
      uuid: compiled.uuid,
    })
  }
  throw new WorkflowNotSentError(compiled.roots.length, notSent)
}

/**
 * Sends a compiled workflow that may have been sent before, in whole or in part, here or elsewhere: groups that have a
 * record keep it, and tasks that a worker has received are not sent again. So it may be repeated until it succeeds.
 * @throws the error of the first task that could not be sent; nothing is cancelled
 */
export async function sendWorkflowOnce(
  parts: WorkflowSenderParts,
  compiled: CompiledWorkflow,
  sendConcurrency: number,
): Promise<void> {
  const { backend, sender } = parts
  const roots = compiled.roots.map((signature) => ({ signature }))
  const records = await Promise.all(compiled.groups.map(({ groupUuid }) => backend.readGroup(groupUuid)))
  const missing = compiled.groups.filter((_, index) => records[index] === undefined)
  await createGroups(parts, compiled, missing)
  const send: Send<(typeof roots)[number]> = ({ signature }, onSent, onFailed) => {
    sender.sendOnce(signature).then(onSent, onFailed)
  }
  const [notSent] = await sendAll(roots, send, sendConcurrency)
  if (notSent !== undefined) throw notSent.error
}

/**
 * @returns the tasks that start the workflow
 * @throws what keeps the workflow from being sent, as far as it can be known without sending
 */
export function checkWorkflow(
  parts: WorkflowSenderParts,
  compiled: CompiledWorkflow,
  sendConcurrency: number,
): readonly Checked[] {
  resolveConcurrency(sendConcurrency)
  refuseGroupsWhereNotKept(parts.backend, compiled)
  return parts.sender.check(compiled.roots)
}

/** Makes the messages, of a group while the backend stores what goes before them. */
async function makeReady(
  sender: Sender,
  { groups }: CompiledWorkflow,
  checked: readonly Checked[],
): Promise<readonly Ready[]> {
  // In the next turn what is to be stored has left.
  if (groups.length > 0) await new Promise((resolve) => setImmediate(resolve))
  return checked.map((root) => sender.makeReady(root))
}

/** @returns the tasks whose PENDING state is stored then: those that complete a group, also where they are sent later */
async function createGroups(
  { backend, clock, sender }: WorkflowSenderParts,
  { eta, tree }: CompiledWorkflow,
  groups: readonly CompiledGroup[],
): Promise<ReadonlySet<string>> {
  const pending = new Set(groups.flatMap(({ taskUuids }) => taskUuids))
  if (pending.size === 0) return pending
  const createdAt = nowText(clock.now())
  const expiresInMs = sender.expiresInMs(eta)
  const members = taskNodesOf(tree).filter(({ uuid }) => pending.has(uuid))
  await Promise.all([
    ...groups.map((group) => backend.createGroup({ ...group, chordTriggered: false, createdAt }, expiresInMs)),
    sender.savePending(members, expiresInMs),
  ])
  return pending
}

function resolveConcurrency(sendConcurrency: number): number {
  if (Number.isSafeInteger(sendConcurrency) && sendConcurrency >= 0) return sendConcurrency || DEFAULT_CONCURRENCY
  throw new ConfigurationError(
    `sendConcurrency must be a whole number of 0 (no limit) or more, got ${String(sendConcurrency)}.`,
  )
}

function refuseGroupsWhereNotKept(backend: Backend, compiled: CompiledWorkflow): void {
  if (compiled.groups.length === 0 || backend.capabilities.chords !== 'never') return
  throw new UnsupportedError(
    `Cannot send a group or chord: the ${backend.name} backend keeps no groups, so nobody would know when one is complete. Use a backend that does.`,
  )
}

interface NotSent {
  readonly uuid: string
  readonly error: unknown
}

/** Sends one, and calls one of the two once, later. */
type Send<Root> = (root: Root, onSent: () => void, onFailed: (error: unknown) => void) => void

function sendAll<Root extends Pick<Ready, 'signature'>>(
  roots: readonly Root[],
  send: Send<Root>,
  sendConcurrency: number,
  onProgress?: SendWorkflowOptions['onProgress'],
): Promise<readonly NotSent[]> {
  const concurrency = resolveConcurrency(sendConcurrency)
  return new Promise((resolve) => {
    const notSent: NotSent[] = []
    let next = 0
    let sent = 0
    let sending = 0
    const sendMore = (): void => {
      // After the first failure the rest stays unsent: it would only have to be cancelled.
      while (sending < concurrency && next < roots.length && notSent.length === 0) sendOne(roots[next++] as Root)
      if (sending === 0) resolve([...notSent, ...unsent(roots.slice(next), notSent[0])])
    }
    const onSent = (): void => {
      sending--
      onProgress?.(++sent, roots.length)
      sendMore()
    }
    const sendOne = (root: Root): void => {
      sending++
      send(root, onSent, (error) => {
        sending--
        notSent.push({ uuid: root.signature.uuid, error })
        sendMore()
      })
    }
    sendMore()
  })
}

function unsent(roots: readonly Pick<Ready, 'signature'>[], first: NotSent | undefined): readonly NotSent[] {
  return first === undefined ? [] : roots.map(({ signature: { uuid } }) => ({ uuid, error: first.error }))
}

/** A progress bar that breaks is no reason to send a group in part. */
function guardProgress(
  onProgress: SendWorkflowOptions['onProgress'],
  logger: Logger,
): SendWorkflowOptions['onProgress'] {
  if (onProgress === undefined) return undefined
  return async (sent, total) => {
    try {
      await onProgress(sent, total)
    } catch (error) {
      logger.error(`onProgress threw after ${sent} of ${total} members; sending goes on: ${describeError(error)}`)
    }
  }
}

/**
 * Sees to it that nobody waits for a workflow that was only sent in part: its tasks end in FAILURE unless they ended already.
 * @throws BackendError when some of those states were not stored
 */
export async function abandonWorkflow(
  { backend, canceller, sender }: WorkflowSenderParts,
  compiled: CompiledWorkflow,
): Promise<void> {
  const expiresInMs = sender.expiresInMs(compiled.eta)
  const error = new WorkflowCancelledError(compiled.uuid === '' ? (compiled.taskUuids.at(-1) as string) : compiled.uuid)
    .message
  await failTasks(backend, taskNodesOf(compiled.tree), error, { expiresInMs })
  if (compiled.uuid !== '') await canceller?.cancel(compiled.uuid)
}
