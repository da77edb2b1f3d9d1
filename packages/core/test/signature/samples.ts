import { emptySignature, type Signature } from '../../src/signature/index.js'

const rest =
  ',"BrokerMessageGroupId":"","SQSReceiptHandle":"","StopTaskDeletionOnError":false,"IgnoreWhenTaskNotRegistered":false}'
const noCallbacks = `,"OnSuccess":null,"OnError":null,"ChordCallback":null${rest}`
const zeros = ',"Priority":0,"Immutable":false,"RetryCount":0,"RetryTimeout":0'

/** The first sample of the protocol: `add(1, 1)`. */
export const addText =
  '{"UUID":"task_00000000-0000-4000-8000-000000000001","Name":"add","RoutingKey":"machinery_tasks","ETA":null' +
  ',"GroupUUID":"","GroupTaskCount":0,"Args":[{"Name":"","Type":"int64","Value":1},{"Name":"","Type":"int64","Value":1}]' +
  `,"Headers":{}${zeros}${noCallbacks}`

export const addSignature: Signature = signature({
  uuid: 'task_00000000-0000-4000-8000-000000000001',
  name: 'add',
  routingKey: 'machinery_tasks',
  args: [
    { type: 'int64', value: 1 },
    { type: 'int64', value: 1 },
  ],
  headers: {},
})

/** The first message of the chain `add(1)`, `multiply(4, …)`. */
export const chainText =
  '{"UUID":"c1","Name":"add","RoutingKey":"q","ETA":null,"GroupUUID":"","GroupTaskCount":0' +
  `,"Args":[{"Name":"","Type":"int64","Value":1}],"Headers":{}${zeros}` +
  ',"OnSuccess":[{"UUID":"c2","Name":"multiply","RoutingKey":"","ETA":null,"GroupUUID":"","GroupTaskCount":0' +
  `,"Args":[{"Name":"","Type":"int64","Value":4}],"Headers":null${zeros}${noCallbacks}]` +
  `,"OnError":null,"ChordCallback":null${rest}`

export const chainSignature: Signature = signature({
  uuid: 'c1',
  name: 'add',
  routingKey: 'q',
  args: [{ type: 'int64', value: 1 }],
  headers: {},
  onSuccess: [signature({ uuid: 'c2', name: 'multiply', args: [{ type: 'int64', value: 4 }] })],
})

/** A member of a chord. */
export const memberText =
  '{"UUID":"g1","Name":"add","RoutingKey":"q","ETA":null,"GroupUUID":"group_x","GroupTaskCount":2' +
  `,"Args":[{"Name":"","Type":"int64","Value":1}],"Headers":{}${zeros},"OnSuccess":null,"OnError":null` +
  ',"ChordCallback":{"UUID":"chord_x","Name":"multiply","RoutingKey":"","ETA":null,"GroupUUID":"","GroupTaskCount":0' +
  `,"Args":null,"Headers":{}${zeros}${noCallbacks}${rest}`

export const memberSignature: Signature = signature({
  uuid: 'g1',
  name: 'add',
  routingKey: 'q',
  groupUuid: 'group_x',
  groupTaskCount: 2,
  args: [{ type: 'int64', value: 1 }],
  headers: {},
  chordCallback: signature({ uuid: 'chord_x', name: 'multiply', headers: {} }),
})

export function signature(fields: Partial<Signature> = {}): Signature {
  return { ...emptySignature(), name: 'task', ...fields }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
