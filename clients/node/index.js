'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { existsSync } = require('node:fs')
const path = require('node:path')
const { createInterface } = require('node:readline')

const READY = /listening on (https?:\/\/\S+)/
const START_TIMEOUT = 20_000
const STOP_TIMEOUT = 10_000
const STDERR_TAIL = 4_000

/** Options of the mock that have a name of their own here; everything else goes into `args`. */
const FLAGS = {
  host: '--host',
  port: '--port',
  token: '--token',
  pace: '--pace',
  seed: '--seed',
  store: '--store',
  scenario: '--scenario',
  document: '--document',
  dialect: '--dialect',
  controlToken: '--control-token',
}

class VideosMockError extends Error {
  constructor(message, details = {}) {
    super(message)
    this.name = 'VideosMockError'
    Object.assign(this, details)
  }
}

/** The commands that may start the mock, in the order in which they are tried. */
function candidates(options, env) {
  if (options.command !== undefined) return [[].concat(options.command)]
  if (env.VIDEOS_MOCK_COMMAND) return [env.VIDEOS_MOCK_COMMAND.split(' ').filter(Boolean)]
  const windows = process.platform === 'win32'
  const folder = windows ? 'Scripts' : 'bin'
  const found = []
  for (const venv of [env.VIRTUAL_ENV, path.resolve('.venv')]) {
    const python = venv && path.join(venv, folder, windows ? 'python.exe' : 'python')
    if (python && existsSync(python)) found.push([python, '-m', 'mockserver'])
  }
  found.push(['mockserver'])
  for (const python of windows ? ['py', 'python'] : ['python3', 'python']) found.push([python, '-m', 'mockserver'])
  return found
}

function argumentsOf(options) {
  const args = ['--port', String(options.port ?? 0)]
  for (const [name, flag] of Object.entries(FLAGS)) {
    if (name === 'port' || options[name] === undefined) continue
    for (const value of [].concat(options[name])) args.push(flag, String(value))
  }
  return args.concat(options.args ?? [])
}

/** Start one command; resolves to the child and its address, rejects where it does not serve in time. */
async function launch(command, args, env, timeout) {
  const child = spawn(command[0], [...command.slice(1), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_TAIL)
  })
  const lines = createInterface({ input: child.stdout })
  let timer
  try {
    const url = await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new VideosMockError(`the mock did not start within ${timeout} ms`)), timeout)
      lines.on('line', (line) => {
        const found = READY.exec(line)
        if (found) resolve(found[1])
      })
      child.once('error', (error) => reject(new VideosMockError(error.message, { code: error.code })))
      child.once('close', (code, signal) =>
        reject(new VideosMockError(`the mock ended with ${signal ?? `exit code ${code}`}: ${stderr.trim()}`, { exitCode: code, stderr })),
      )
    })
    return { child, url }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    clearTimeout(timer)
  }
}

const isAbsent = (error) => error.code === 'ENOENT' || /No module named '?mockserver'?/.test(error.stderr ?? '')

class VideosMock {
  #child
  #controlToken
  #onExit

  constructor(child, url, options) {
    this.#child = child
    this.#controlToken = options.controlToken
    this.url = url
    this.token = [].concat(options.token ?? 'test-token')[0]
    this.baseURL = `${url}/v1`
    this.env = { OPENAI_BASE_URL: this.baseURL, OPENAI_API_KEY: this.token }
    this.#onExit = () => child.kill('SIGKILL')
    process.once('exit', this.#onExit)
    // A test runner may end while the mock still serves: neither the process nor its pipes keep it alive.
    child.unref()
    for (const pipe of [child.stdout, child.stderr]) pipe.unref?.()
  }

  /** One request to the control interface; resolves to the JSON of its answer. */
  async control(method, route, body) {
    const headers = {}
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (this.#controlToken) headers.authorization = `Bearer ${this.#controlToken}`
    const response = await fetch(`${this.url}/_mock${route}`, { method, headers, body: body && JSON.stringify(body) })
    const text = await response.text()
    const answer = text ? JSON.parse(text) : null
    if (!response.ok) {
      throw new VideosMockError(answer?.error?.message ?? `HTTP ${response.status}`, { status: response.status, ...answer?.error })
    }
    return answer
  }

  /** Move the clock that jobs follow forward by `seconds`. */
  async advance(seconds) {
    await this.control('POST', '/clock', { advance: seconds })
  }

  /** Apply a scenario to the next `times` requests. */
  async failNext(scenario, { times = 1 } = {}) {
    await this.control('POST', '/scenarios', { scenario, times })
  }

  /** The recorded requests, newest first. */
  async requests(filter = {}) {
    const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
    return (await this.control('GET', `/requests?${query}`)).data
  }

  /** Put everything back as it was at the start: jobs, scenarios, clock, journal. */
  async reset() {
    await this.control('POST', '/reset')
  }

  /** End the mock; resolves when its process has ended. Safe to call twice. */
  async stop() {
    process.removeListener('exit', this.#onExit)
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.ref()
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
    await ended
    clearTimeout(timer)
  }
}

if (Symbol.asyncDispose) {
  VideosMock.prototype[Symbol.asyncDispose] = VideosMock.prototype.stop
}

/** Start a mock on a free port. Rejects with a `VideosMockError` that says what is wrong. */
async function start(options = {}) {
  const env = { ...process.env, ...options.env }
  const args = argumentsOf(options)
  const tried = []
  for (const command of candidates(options, env)) {
    try {
      const { child, url } = await launch(command, args, env, options.startTimeout ?? START_TIMEOUT)
      return new VideosMock(child, url, options)
    } catch (error) {
      if (!isAbsent(error)) throw error
      tried.push(command.join(' '))
    }
  }
  throw new VideosMockError(
    `mockserver was not found (tried: ${tried.join('; ')}); install videos-mock-kit into a Python environment, or pass command`,
  )
}

module.exports = { start, VideosMock, VideosMockError }
