import type { ChannelModel } from 'amqplib'

/** What a message has in place of headers that amqplib cannot decode. */
const unreadableHeaders = 'ts-unreadable'

const frameOfProperties = 2
const classOfMessages = 60
/** Type, channel and size. */
const frameHeadBytes = 7
/** Class, weight, and the size of the body. */
const propertiesHeadBytes = 12

/** The part of amqplib's connection that takes what came in apart: it has no public way to do without headers. */
interface FrameReader {
  rest?: unknown
  recvFrame?: (this: FrameReader) => unknown
}

/** Several may share one that was passed in. */
const tolerant = new WeakSet<object>()

/**
 * Lets a message through whose properties amqplib cannot decode, without them. Otherwise it would end the connection, the
 * server would deliver the message again on the next one, and nobody could read the queue any more: lists nested some thousand
 * deep, which RabbitMQ takes, are enough.
 */
export function tolerateUnreadableHeaders(model: ChannelModel): void {
  const reader = model.connection as unknown as FrameReader
  const { recvFrame } = reader
  if (typeof recvFrame !== 'function' || tolerant.has(reader)) return
  tolerant.add(reader)
  reader.recvFrame = function (this: FrameReader): unknown {
    // Amqplib calls this again whenever more has come in: the innermost call has the whole frame before it.
    const { rest } = this
    try {
      return recvFrame.call(this)
    } catch (error) {
      const frame = rest instanceof Uint8Array && this.rest !== rest ? withoutProperties(rest) : undefined
      if (frame === undefined) throw error
      return frame
    }
  }
}

/** The frame at the start of `bytes` as amqplib decodes it, if it has the properties of a message. */
function withoutProperties(bytes: Uint8Array): unknown {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < frameHeadBytes + propertiesHeadBytes || view.readUInt8(0) !== frameOfProperties) return undefined
  const isWhole = view.length > frameHeadBytes + view.readUInt32BE(3)
  const id = view.readUInt16BE(frameHeadBytes)
  if (!isWhole || id !== classOfMessages) return undefined
  const size = Number(view.readBigUInt64BE(frameHeadBytes + 4))
  return { id, channel: view.readUInt16BE(1), size, fields: { headers: { [unreadableHeaders]: true } } }
}
