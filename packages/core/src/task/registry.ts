import { ConfigurationError } from '../errors/index.js'
import type { TaskDefinition } from './define-task.js'
import type { AnyDescriptor, ArgDescriptor } from './descriptor.js'
import type { Handler, UntypedHandler } from './handler.js'
import { showValue } from './show-value.js'
import type { TaskContract } from './task-contract.js'

/** A task that this process can run. */
export interface RegisteredTask {
  readonly name: string
  /** Absent for tasks in Machinery's manner, which are registered by name. */
  readonly definition: TaskContract | undefined
  readonly handler: (...args: readonly unknown[]) => unknown
}

/** The tasks that this process can run, by name. */
export class TaskRegistry {
  readonly #tasks = new Map<string, RegisteredTask>()

  /**
   * Adds a task. Registering the same definition again replaces its handler.
   * @throws TypeError when the name is empty or the handler is no function; ConfigurationError when the name is taken by
   * another task, which Machinery replaces silently
   */
  register<Args extends readonly ArgDescriptor[], Results extends readonly AnyDescriptor[]>(
    task: TaskDefinition<Args, Results>,
    handler: Handler<Args, Results>,
  ): void
  register(name: string, handler: UntypedHandler): void
  register(task: string | TaskContract, handler: unknown): void {
    const registered = toRegistered(task, handler)
    this.#refuseTaken(registered)
    this.#tasks.set(registered.name, registered)
  }

  /**
   * Adds several tasks by name: all of them, or none.
   * @throws TypeError when a name is empty or a handler is no function; ConfigurationError when a name is taken
   */
  registerAll(handlers: Readonly<Record<string, UntypedHandler>>): void {
    const registered = Object.entries(handlers).map(([name, handler]) => toRegistered(name, handler))
    for (const task of registered) this.#refuseTaken(task)
    for (const task of registered) this.#tasks.set(task.name, task)
  }

  get(name: string): RegisteredTask | undefined {
    return this.#tasks.get(name)
  }

  has(name: string): boolean {
    return this.#tasks.has(name)
  }

  /** The names of all tasks, sorted. */
  names(): readonly string[] {
    return [...this.#tasks.keys()].sort()
  }

  #refuseTaken({ name, definition, handler }: RegisteredTask): void {
    const taken = this.#tasks.get(name)
    if (taken === undefined) return
    if (taken.definition === definition && (definition !== undefined || taken.handler === handler)) return
    throw new ConfigurationError(
      `Task "${name}" is already registered, and messages would go to one of the two handlers only. Choose another name; to replace a handler, register the same definition again.`,
    )
  }
}

function toRegistered(task: unknown, handler: unknown): RegisteredTask {
  const definition = isContract(task) ? task : undefined
  const name = definition?.name ?? task
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`A task is registered by its definition or a name, got ${showValue(task)}. Give one of them.`)
  }
  if (typeof handler !== 'function') {
    throw new TypeError(
      `Task must be a func type: the handler of task ${name} is ${showValue(handler)}. Give a function.`,
    )
  }
  return Object.freeze({ name, definition, handler: handler as RegisteredTask['handler'] })
}

function isContract(task: unknown): task is TaskContract {
  return typeof task === 'object' && task !== null && 'name' in task && 'args' in task && 'results' in task
}
