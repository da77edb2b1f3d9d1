/** One figure of a run. */
export interface Measure {
  /** As in the results: `drain-10`. Unique within its suite. */
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  /** What it says, for the table in the README. */
  readonly about: string
}

/** What an experiment found, by the names of its measures. */
export type Figures = Readonly<Record<string, number>>

/** One of those compared. `open` loads the library, so that no other one takes room in the process. */
export interface Subject<Peer> {
  readonly name: string
  open(url: string): Promise<Peer>
}

/** How much work a run does. */
export type Scale = 'full' | 'quick'

/** What a run finds when it begins. */
export interface Place {
  /** A server that nobody else uses. */
  readonly url: string
  readonly scale: Scale
  /** Starts the experiment's `companion` in a process of its own, and resolves when it is ready. */
  startCompanion(): Promise<Companion>
}

/** The second process of a run. */
export interface Companion {
  /** Ends it, and answers what it saw. */
  stop(): Promise<unknown>
}

/**
 * One way to measure. Each subject runs it in a process of its own, on a server of its own; preparing and warming up are
 * part of the run, and of no figure.
 */
export interface Experiment<Peer> {
  readonly measures: readonly Measure[]
  run(subject: Subject<Peer>, place: Place): Promise<Figures>
  /** For experiments that need two processes: begins, and answers how to end it and learn what it saw. */
  companion?(subject: Subject<Peer>, place: Omit<Place, 'startCompanion'>): Promise<() => Promise<unknown>>
}

/** Experiments that the same subjects can do, on the same kind of server. */
export interface SuiteDefinition<Peer> {
  readonly name: string
  readonly title: string
  readonly server: 'redis' | 'rabbitmq'
  /** The first is ours. */
  readonly subjects: readonly Subject<Peer>[]
  /** The subject that uses the server's client and nothing else. */
  readonly raw?: string
  readonly experiments: readonly Experiment<Peer>[]
}

/** A suite whose peers are its own affair: its subjects go by their names. */
export interface Suite extends Omit<SuiteDefinition<never>, 'subjects' | 'experiments'> {
  readonly subjects: readonly string[]
  readonly experiments: readonly SuiteExperiment[]
}

export interface SuiteExperiment {
  readonly measures: readonly Measure[]
  run(subject: string, place: Place): Promise<Figures>
  companion(subject: string, place: Omit<Place, 'startCompanion'>): Promise<() => Promise<unknown>>
}

export function defineSuite<Peer>(definition: SuiteDefinition<Peer>): Suite {
  const find = (name: string): Subject<Peer> => {
    const subject = definition.subjects.find((one) => one.name === name)
    if (subject !== undefined) return subject
    throw new Error(`Suite ${definition.name} has no subject ${name}.`)
  }
  return {
    ...definition,
    subjects: definition.subjects.map(({ name }) => name),
    experiments: definition.experiments.map((experiment) => ({
      measures: experiment.measures,
      run: (subject, place) => experiment.run(find(subject), place),
      companion: (subject, place) => {
        if (experiment.companion === undefined) throw new Error(`${experimentName(experiment)} needs no companion.`)
        return experiment.companion(find(subject), place)
      },
    })),
  }
}

/** By its first measure. */
export function experimentName({ measures }: Pick<SuiteExperiment, 'measures'>): string {
  return measures[0]?.name ?? ''
}
