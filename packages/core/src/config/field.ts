interface Names {
  /** Keys in YAML, within the section. The first is the one to use; the others are misspelt or older ones. None: cannot be loaded. */
  readonly yaml?: readonly string[]
  /** Environment variables, likewise. */
  readonly env?: readonly string[]
}

export interface TextField extends Names {
  readonly kind: 'text'
  readonly fallback: string
  /** What it must look like, in a pattern and in words. */
  readonly form?: { readonly pattern: RegExp; readonly words: string }
  readonly emptyMeansFallback?: true
  /** A value that no message may show. `url`: one that it may show without its credentials. */
  readonly secrecy?: 'secret' | 'url'
}

export interface IntegerField extends Names {
  readonly kind: 'integer'
  readonly fallback: number | undefined
  readonly min: number
  readonly max: number
  readonly zeroOrLessMeansFallback?: true
  /** For messages. */
  readonly unit?: 'seconds' | 'milliseconds'
}

export interface BooleanField extends Names {
  readonly kind: 'boolean'
  readonly fallback: boolean
  /** The environment variable means true by being there, whatever it says. */
  readonly trueByPresence?: true
}

export interface ArgumentsField extends Names {
  readonly kind: 'arguments'
  /** What values in an environment variable become: integers and booleans where they look like it, or always text. */
  readonly envValues: 'typed' | 'text'
}

export interface DurationField extends Names {
  readonly kind: 'duration'
  readonly fallback: number
}

export interface TlsField extends Names {
  readonly kind: 'tls'
}

/** What one field of the configuration is: its type, default, bounds, and what it is called elsewhere. */
export type Field = TextField | IntegerField | BooleanField | ArgumentsField | DurationField | TlsField

/** The fields of the top of the configuration, or of a section of it. */
export interface Section {
  /** Its key in YAML. None: the section cannot be loaded. The top has none either. */
  readonly yaml?: string
  /** What Go's loader puts before the variables of the section. */
  readonly envPrefix?: string
  readonly fields: Readonly<Record<string, Field>>
}
