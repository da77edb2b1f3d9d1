import { parseJson } from './parse-json.js'
import { makeArg, readArgs, readHeaders } from './read-signature.js'
import type { HeaderValue, Signature, SignatureArg } from './signature.js'
import { parseTime } from './time.js'
import { flatListReader, nullOrList, plainBoolean, plainCount, plainString } from './wire-pattern.js'

const pattern = new RegExp(
  `^\\{"UUID":${plainString},"Name":${plainString},"RoutingKey":${plainString},"ETA":(?:null|${plainString})` +
    `,"GroupUUID":${plainString},"GroupTaskCount":${plainCount},"Args":${nullOrList},"Headers":(null|\\{[^{}]*\\})` +
    `,"Priority":${plainCount},"Immutable":${plainBoolean},"RetryCount":${plainCount},"RetryTimeout":${plainCount}` +
    `,"OnSuccess":null,"OnError":null,"ChordCallback":null,"BrokerMessageGroupId":${plainString}` +
    `,"SQSReceiptHandle":${plainString},"StopTaskDeletionOnError":${plainBoolean}` +
    `,"IgnoreWhenTaskNotRegistered":${plainBoolean}\\}$`,
)

const flatArgs = flatListReader(['Name', 'Type'], 'Value', ([, name = '', type = ''], value) =>
  makeArg(name, type, value),
)

/**
 * Reads the ordinary message, a signature without callbacks as this library and Go write it, and answers undefined
 * for every other, the faulty ones among them.
 */
export function matchSignature(text: string): Signature | undefined {
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
  return flatArgs(text) ?? readArgs(parseJson(text), 'Signature')
}

function matchHeaders(text: string): Record<string, HeaderValue> | null {
  if (text === '{}') return {}
  return text === 'null' ? null : readHeaders(parseJson(text), 'Signature')
}
