import assert from 'node:assert/strict'
import { type CaseGroup, skipUnless } from '../case.js'
import { sleep } from '../timing.js'
import { type BrokerBench, texts } from './bench.js'

export const outages: CaseGroup<BrokerBench> = {
  'publishes again after its connections were cut': async (bench) => {
    await bench.publish(['before'])
    await drop(bench)
    await bench.publishStubbornly('after')
    await bench.drain(['before', 'after'], bench.redeliveryMs)
  },

  'a receive that was pending at a cut rejects or goes on, and reading resumes': async (bench) => {
    const consumer = await bench.consume()
    const receiving = consumer.receive(1, AbortSignal.timeout(bench.timing.patienceMs)).then(
      (deliveries) => `${deliveries.length} delivered`,
      () => 'rejected',
    )
    await sleep(bench.timing.quietMs)
    await drop(bench)
    await bench.publishStubbornly('after')
    const outcome = await bench.promptly(receiving, 'receive() that was pending at a cut')
    assert.notEqual(outcome, '0 delivered', 'receive() must reject or deliver, unless its signal aborts.')
    await bench.promptly(consumer.close(), 'close() after a cut')
    await bench.drain(['after'], bench.redeliveryMs)
  },

  'deliveries held at a cut come again': async (bench) => {
    skipUnless(bench.broker.capabilities.redelivery === 'after-consumer-loss', "redelivery is 'never'")
    await bench.publish(texts(3))
    const consumer = await bench.consume()
    await bench.take(consumer, 3)
    await drop(bench)
    await bench.promptly(consumer.close(), 'close() after a cut')
    await bench.drain(texts(3), bench.redeliveryMs)
  },

  'an ack after a cut settles, and hits no other delivery': async (bench) => {
    await bench.publish(['held'])
    const consumer = await bench.consume()
    const held = await bench.take(consumer, 1)
    await drop(bench)
    await bench.publishStubbornly('other')
    const acking = consumer.ack(held).catch(() => {})
    await bench.promptly(acking, 'ack() after a cut')
    await bench.promptly(consumer.close(), 'close() after a cut')
    await bench.drain(['other'], bench.redeliveryMs)
  },

  'delivers all that it confirmed while connections were cut again and again': async (bench) => {
    await bench.publish(['first'])
    const confirmed: string[] = []
    for (const [index, text] of texts(60).entries()) {
      const publishing = bench.tryPublish([text, `${text}-twin`])
      if (index % 20 === 10) await drop(bench)
      for (const [place, { status }] of (await publishing).entries()) {
        if (status === 'ok') confirmed.push(place === 0 ? text : `${text}-twin`)
      }
    }
    await bench.publishStubbornly('last')
    await bench.drain(['first', ...confirmed, 'last'], bench.redeliveryMs)
  },

  'keeps confirmed messages over a restart of the server, and goes on by itself': async (bench) => {
    const { restartServer } = bench.options
    skipUnless(restartServer !== undefined, 'the kit was given no restartServer()')
    const consumer = await bench.consume()
    await bench.publish(['before'])
    await bench.promptly(consumer.close(), 'close()')
    await restartServer()
    await bench.publishStubbornly('after')
    await bench.drain(['before', 'after'], bench.redeliveryMs)
  },
}

async function drop(bench: BrokerBench): Promise<void> {
  skipUnless(bench.options.dropConnections !== undefined, 'the kit was given no dropConnections()')
  await bench.promptly(bench.options.dropConnections(), 'dropConnections()')
}
