const loneSurrogate = /\p{Surrogate}/gu

/** The parts of `text` between halves of surrogate pairs, which are no characters and have no UTF-8. */
export function splitAtLoneSurrogates(text: string): string[] {
  return text.split(loneSurrogate)
}

/** `text` with U+FFFD for each half of a surrogate pair, as Go reads it. */
export function toWellFormed(text: string): string {
  return text.replace(loneSurrogate, '\ufffd')
}
