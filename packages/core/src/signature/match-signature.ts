import { parseJson } from './parse-json.js'
import { readArgs, readHeaders } from './read-signature.js'
import type { HeaderValue, Signature, SignatureArg } from './signature.js'
import { readFlatArgs, rememberShape } from './signature-shapes.js'
import { parseTime } from './time.js'
import { nullOrList, plainBoolean, plainCount, plainString } from './wire-pattern.js'

const pattern = new RegExp(
  `^\\{"UUID":${plainString},"Name":${plainString},"RoutingKey":${plainString},"ETA":(?:null|${plainString})` +
    `,"GroupUUID":${plainString},"GroupTaskCount":${plainCount},"Args":${nullOrList},"Headers":(null|\\{[^{}]*\\})` +
    `,"Priority":${plainCount},"Immutable":${plainBoolean},"RetryCount":${plainCount},"RetryTimeout":${plainCount}` +
    `,"OnSuccess":null,"OnError":null,"ChordCallback":null,"BrokerMessageGroupId":${plainString}` +
    `,"SQSReceiptHandle":${plainString},"StopTaskDeletionOnError":${plainBoolean}` +
    `,"IgnoreWhenTaskNotRegistered":${plainBoolean}\\}$`,
)

const chordKey = ',"ChordCallback":'

/**
 * Reads the ordinary messages, as this library and Go write them: a signature without callbacks, and a member of a
 * chord. Answers undefined for every other, the faulty ones among them.
 */
export function matchSignature(text: string): Signature | undefined {
  const signature = matchAnew(text)
  if (signature !== undefined) rememberShape(text, signature)
  return signature
}

function matchAnew(text: string): Signature | undefined {
  const at = text.indexOf(`${chordKey}{`)
  if (at < 0) return matchFlat(text)
  const end = text.lastIndexOf('},"BrokerMessageGroupId":') + 1
  // With the key nowhere behind, the place where the flat pattern finds it must be this one, not one within an argument.
  if (end < at || text.indexOf(chordKey, end) >= 0) return undefined
  const callback = matchFlat(text.slice(at + chordKey.length, end))
  const member = callback && matchFlat(`${text.slice(0, at)}${chordKey}null${text.slice(end)}`)
  return member && { ...member, chordCallback: callback }
}

function matchFlat(text: string): Signature | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const priority = Number(match[9])
  if (priority > 255) return undefined
  try {
    return {
      uuid: match[1] as string,
      name: match[2] as string,
      routingKey: match[3] as string,
      eta: match[4] === undefined ? null : parseTime(match[4]),
      groupUuid: match[5] as string,
      groupTaskCount: Number(match[6]),
      args: matchArgs(match[7] as string),
      headers: matchHeaders(match[8] as string),
      priority,
      immutable: match[10] === 'true',
      retryCount: Number(match[11]),
      retryTimeout: Number(match[12]),
      onSuccess: [],
      onError: [],
      chordCallback: null,
      brokerMessageGroupId: match[13] as string,
      sqsReceiptHandle: match[14] as string,
      stopTaskDeletionOnError: match[15] === 'true',
      ignoreWhenTaskNotRegistered: match[16] === 'true',
    }
  } catch {
    // The general way tells what is wrong, or finds that nothing is: brackets matched across a duplicate key.
    return undefined
  }
}

function matchArgs(text: string): SignatureArg[] {
  if (text === 'null' || text === '[]') return []
  return readFlatArgs(text, 0, text.length) ?? readArgs(parseJson(text), 'Signature')
}

function matchHeaders(text: string): Record<string, HeaderValue> | null {
  return text === '{}' ? {} : readHeaders(parseJson(text), 'Signature')
}
