import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { redisCommand } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test } from 'vitest'
import { drawNoise, expectProduct } from './pictures.js'
import { namesIn, newFolder, start, tellOf, until } from './support.js'

describeWithServer('redis', 'on Redis', (url) => {
  /** The options of one fleet: a queue of its own, and a short lease. */
  function fleet(): string[] {
    return ['--broker', url, '--queue', `image-pipeline-${randomUUID()}`, '--lease', '1000']
  }

  test('one process sends and works', async () => {
    const out = newFolder()
    const told = tellOf(await start([...fleet(), '--out', out, '--json']).ended)
    expect(told).toMatchObject({ images: 12, thumbnails: 36, failed: 0 })
    await expectProduct(join(out, 'pictures'), out)
  })

  test('one process sends, another works until it is told to stop', async () => {
    const [shared, out] = [fleet(), newFolder()]
    const sender = start([...shared, '--role', 'send', '--out', out, '--json'])
    const worker = start([...shared, '--role', 'worker'])
    expect(tellOf(await sender.ended)).toMatchObject({ images: 12, thumbnails: 36, failed: 0 })
    await expectProduct(join(out, 'pictures'), out)
    worker.child.kill('SIGTERM')
    const { code, stdout } = await worker.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  test('a worker that is killed in the middle of its work costs nothing: the next one takes over', async () => {
    const [shared, dir, out] = [fleet(), newFolder(), newFolder()]
    await drawNoise(dir, 14)
    const sender = start([...shared, '--role', 'send', '--dir', dir, '--out', out, '--json'])
    const killed = start([...shared, '--role', 'worker', '--concurrency', '4'])
    await until('it is at work', () => namesIn(out, 'normalised').length >= 5)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(namesIn(out)).not.toContain('contact-sheet.png')

    const next = start([...shared, '--role', 'worker', '--concurrency', '4'])
    expect(tellOf(await sender.ended)).toMatchObject({ images: 14, thumbnails: 42, failed: 0 })
    await expectProduct(dir, out)
    next.child.kill('SIGTERM')
    expect((await next.ended).code).toBe(0)
  })

  test('what a sender cancels at Ctrl-C, no worker does later', async () => {
    const [shared, dir, cancelled, out] = [fleet(), newFolder(), newFolder(), newFolder()]
    await drawNoise(dir, 3)
    const { port } = new URL(url)
    const first = start([...shared, '--role', 'send', '--dir', dir, '--out', cancelled])
    await until('all is sent', async () => (await redisCommand(Number(port), 'LLEN', shared[3] as string)) === 3)
    first.child.kill('SIGINT')
    expect(await first.ended).toMatchObject({ code: 130, stdout: '' })

    // The queue is first in, first out, and this worker does one task after the other.
    start([...shared, '--role', 'worker', '--concurrency', '1'])
    const second = start([...shared, '--role', 'send', '--dir', dir, '--out', out, '--json'])
    expect(tellOf(await second.ended)).toMatchObject({ images: 3, failed: 0 })
    expect(namesIn(cancelled)).toEqual([])
  })
})
