import { connect } from 'node:net'
import { startRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test } from 'vitest'

/** Sends the AMQP header and returns the class and method of the frame that comes back: 10.10 is connection.start. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('AMQP\x00\x00\x09\x01', 'latin1'))
    socket.once('error', reject)
    socket.once('data', (frame: Buffer) => {
      socket.destroy()
      resolve(`${frame.readUInt16BE(7)}.${frame.readUInt16BE(9)}`)
    })
  })
}

describeWithServer('rabbitmq-server', 'a RabbitMQ server of one test', () => {
  test('speaks AMQP, survives a crash on the same port, and leaves no process behind', {
    timeout: 90_000,
  }, async () => {
    const rabbit = await startRabbitMq()
    expect(await greeting(rabbit.port)).toBe('10.10')
    const { pid } = rabbit
    await rabbit.kill('SIGKILL')
    await expect(greeting(rabbit.port)).rejects.toThrow('ECONNREFUSED')
    await rabbit.restart()
    expect(rabbit.pid).not.toBe(pid)
    expect(await greeting(rabbit.port)).toBe('10.10')
    // Its tool runs on this very server, and says what is wrong.
    expect(await rabbit.ctl('eval', 'os:getpid().')).toContain(String(rabbit.pid))
    await expect(rabbit.ctl('no-such-command')).rejects.toThrow('no-such-command')
    await rabbit.stop()
    expect(() => process.kill(-rabbit.pid, 0)).toThrow('ESRCH')
  })
})
