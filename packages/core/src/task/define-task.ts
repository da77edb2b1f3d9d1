import { checkOptions, type OptionNames } from '../errors/index.js'
import { emptySignature } from '../signature/index.js'
import { checkArguments, checkDescriptor } from './check-descriptor.js'
import {
  type AnyDescriptor,
  type ArgDescriptor,
  type InputOf,
  type InputsOf,
  isRest,
  type RestDescriptor,
} from './descriptor.js'
import { encodeArguments } from './encode-arguments.js'
import { setLocalFacts } from './local-facts.js'
import { showValue } from './show-value.js'
import { resolveTaskSettings, type TaskContract, type TaskSettingsInput } from './task-contract.js'
import { TaskSignature } from './task-signature.js'

/** What a task takes and returns, and how it likes to be sent and run. */
export interface TaskOptions<
  Args extends readonly ArgDescriptor[] = readonly ArgDescriptor[],
  Result extends AnyDescriptor | readonly AnyDescriptor[] = AnyDescriptor | readonly AnyDescriptor[],
> extends TaskSettingsInput {
  /** One descriptor per argument; `rest(x)` may be the last. @default [] */
  readonly args?: Args
  /** What it returns: one descriptor, or several for several results, as Go's functions have. @default nothing */
  readonly result?: Result
}

const optionNames: OptionNames<TaskOptions> = {
  args: true,
  result: true,
  retry: true,
  timeout: true,
  routingKey: true,
  priority: true,
  stopTaskDeletionOnError: true,
  ignoreWhenTaskNotRegistered: true,
}

/** A task's contract. Import it where the task is sent and where it is run. */
export interface TaskDefinition<
  Args extends readonly ArgDescriptor[] = readonly ArgDescriptor[],
  Results extends readonly AnyDescriptor[] = readonly AnyDescriptor[],
> extends TaskContract {
  readonly args: Args
  readonly results: Results
  /**
   * A signature of this task. Leave out the last arguments where the step before it in a workflow gives them:
   * its results come after the arguments given here.
   * @throws InvalidArgumentError when an argument does not fit
   */
  readonly s: SignatureBuilder<Args, Results>
  /**
   * A signature that takes nothing from the step before it in a workflow.
   * @throws InvalidArgumentError when an argument does not fit
   */
  readonly si: (...args: InputsOf<Args>) => TaskSignature<'takes nothing', Results, 'passes results'>
}

/** One call signature for every number of arguments that may be given. */
export type SignatureBuilder<
  Args extends readonly ArgDescriptor[],
  Results extends readonly AnyDescriptor[],
  Given extends readonly unknown[] = [],
> = Args extends readonly [infer Head, ...infer Tail extends readonly ArgDescriptor[]]
  ? Head extends RestDescriptor<infer Item>
    ? (...args: [...Given, ...InputOf<Item>[]]) => TaskSignature<Args, Results, 'passes results'>
    : ((...args: Given) => TaskSignature<Args, Results, 'passes results'>) &
        SignatureBuilder<Tail, Results, [...Given, InputOf<Head>]>
  : (...args: Given) => TaskSignature<[], Results, 'passes results'>

/** The `result` option as a list. */
export type ResultList<Result> = Result extends readonly AnyDescriptor[]
  ? Result
  : Result extends AnyDescriptor
    ? readonly [Result]
    : readonly []

/**
 * Declares a task: its name, what it takes and what it returns. No handler: see `server.registerTask`.
 * @throws TypeError when the name is empty, something is no descriptor, or `rest()` is not last; TypeError or RangeError
 * when an option is out of bounds; ConfigurationError for unknown options
 */
export function defineTask<
  const Args extends readonly ArgDescriptor[] = readonly [],
  const Result extends AnyDescriptor | readonly AnyDescriptor[] = readonly [],
>(name: string, options: TaskOptions<Args, Result> = {}): TaskDefinition<Args, ResultList<Result>> {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`A task needs a name, got ${showValue(name)}. Give the name that its senders use.`)
  }
  checkOptions<TaskOptions>(`Task ${name}`, options, optionNames)
  if (options.args !== undefined) checkArguments(name, options.args)
  const args: readonly ArgDescriptor[] = Object.freeze([...(options.args ?? [])])
  const results = Object.freeze(toList(options.result))
  for (const result of results) checkDescriptor(`The result of task ${name}`, result)
  if (args.slice(0, -1).some(isRest)) {
    throw new TypeError(`Task ${name} has rest() before its last argument. Move it to the end of args.`)
  }
  const settings = resolveTaskSettings(name, options)
  const contract: TaskContract = { name, args, results, ...settings }

  const template = emptySignature()
  template.name = name
  template.routingKey = settings.routingKey
  template.priority = settings.priority
  template.retryCount = settings.retry === undefined ? 0 : settings.retry.attempts - 1
  template.stopTaskDeletionOnError = settings.stopTaskDeletionOnError
  template.ignoreWhenTaskNotRegistered = settings.ignoreWhenTaskNotRegistered
  const facts = Object.freeze({ results })
  const independentFacts = Object.freeze({ results, takesNothing: true })

  const build = (given: readonly unknown[], isComplete: boolean): TaskSignature => {
    const signature = new TaskSignature(template)
    signature.args = encodeArguments(contract, given, isComplete)
    setLocalFacts(signature, isComplete ? independentFacts : facts)
    return signature
  }
  return Object.freeze({
    ...contract,
    s: (...given: readonly unknown[]) => build(given, false),
    si: (...given: readonly unknown[]) => build(given, true),
    // The descriptors carry the types; the run-time code sees lists of them.
  }) as unknown as TaskDefinition<Args, ResultList<Result>>
}

function toList(result: AnyDescriptor | readonly AnyDescriptor[] = []): readonly AnyDescriptor[] {
  return Array.isArray(result) ? [...result] : [result as AnyDescriptor]
}
