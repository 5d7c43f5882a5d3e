/** The tests, for any runner: it gives `test(name, body)`. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

import * as videosMock from 'videos-mock'

const { VideosMockError, start } = videosMock

const authorised = (mock) => ({ headers: { authorization: `Bearer ${mock.token}` } })
const list = (mock) => fetch(`${mock.baseURL}/videos`, authorised(mock))

async function withMock(options, body) {
  const mock = await start(options)
  try {
    await body(mock)
  } finally {
    await mock.stop()
  }
}

export function define(test) {
  test('a started mock answers at its base URL with its token', () =>
    withMock({ token: 'secret-token' }, async (mock) => {
      assert.equal((await list(mock)).status, 200)
      assert.deepEqual(mock.env, { OPENAI_BASE_URL: mock.baseURL, OPENAI_API_KEY: 'secret-token' })
    }))

  test('failNext applies to the next request alone, and requests shows both', () =>
    withMock({}, async (mock) => {
      await mock.failNext('rate_limit')
      assert.deepEqual([(await list(mock)).status, (await list(mock)).status], [429, 200])
      assert.deepEqual((await mock.requests({ limit: 2 })).map((request) => request.status), [200, 429])
    }))

  test('advance moves the clock of the mock', () =>
    withMock({ controlToken: 'control-token' }, async (mock) => {
      const before = (await mock.control('GET', '/clock')).now
      await mock.advance(600)
      assert.ok((await mock.control('GET', '/clock')).now >= before + 600)
    }))

  test('reset empties the journal', () =>
    withMock({}, async (mock) => {
      await list(mock)
      await mock.reset()
      assert.deepEqual(await mock.requests(), [])
    }))

  test('stop ends the process, and may be called twice', async () => {
    const mock = await start()
    await mock.stop()
    await mock.stop()
    await assert.rejects(list(mock))
  })

  test('a refused control request rejects with the message of the mock', () =>
    withMock({}, (mock) =>
      assert.rejects(mock.failNext('no-such-scenario'), (error) => error instanceof VideosMockError && error.status === 400),
    ))

  test('a wrong option rejects with the line of the command', () =>
    assert.rejects(start({ pace: 'sideways' }), (error) => error.exitCode === 2 && /sideways/.test(error.message)))

  test('a command that does not exist is named', () =>
    assert.rejects(start({ command: '/nowhere/mockserver' }), /tried: \/nowhere\/mockserver/))

  test('a command that never serves is given up in time', () =>
    assert.rejects(
      start({ command: [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'], startTimeout: 300 }),
      /did not start within 300 ms/,
    ))

  test('require gives the same names as import', () => {
    const required = createRequire(import.meta.url)('videos-mock')
    assert.deepEqual(Object.keys(required).sort(), Object.keys(videosMock).sort())
  })
}
