/** Options of `start`. Those of the mock have the names of its command line; give all others in `args`. */
export interface StartOptions {
  /** Program and arguments that start the mock. Default: the active or local virtual environment, `mockserver`, `python3 -m mockserver`. */
  command?: string | readonly string[]
  /** Further arguments of the command line. */
  args?: readonly string[]
  /** Environment variables added to those of this process. */
  env?: Readonly<Record<string, string>>
  /** Milliseconds to wait for the mock to serve. Default: 20000. */
  startTimeout?: number
  host?: string
  /** Default: any free port. */
  port?: number
  /** Accepted bearer tokens. Default: any token is accepted. */
  token?: string | readonly string[]
  /** For example `'instant'`, `'fast'`, `'real'`, `'polls:3'`. */
  pace?: string
  seed?: number
  store?: string
  /** Path of a scenario file. */
  scenario?: string
  /** Path of another copy of openapi.yaml. */
  document?: string
  /** Names or files of dialects, applied in order. */
  dialect?: string | readonly string[]
  controlToken?: string
}

/** One request of the journal. */
export interface RecordedRequest {
  id: number
  method: string
  path: string
  operation: string | null
  status: number
  rule: string | null
  video: string | null
  [key: string]: unknown
}

export interface RequestFilter {
  limit?: number
  method?: string
  path?: string
  operation?: string
  status?: number
  verdict?: string
  rule?: string
  video?: string
  scenario?: string
}

export declare class VideosMock {
  /** Address of the mock, without a trailing slash. */
  readonly url: string
  /** `url` followed by `/v1`: the `baseURL` of an OpenAI client. */
  readonly baseURL: string
  /** A token that the mock accepts. */
  readonly token: string
  /** OPENAI_BASE_URL and OPENAI_API_KEY for a process under test. */
  readonly env: Readonly<{ OPENAI_BASE_URL: string; OPENAI_API_KEY: string }>
  /** Move the clock that jobs follow forward by so many seconds. */
  advance(seconds: number): Promise<void>
  /** Apply a scenario, such as `'rate_limit'` or `'fail=moderation_blocked'`, to the next requests. */
  failNext(scenario: string, options?: { times?: number }): Promise<void>
  /** The recorded requests, newest first. */
  requests(filter?: RequestFilter): Promise<RecordedRequest[]>
  /** Put back jobs, scenarios, clock and journal. */
  reset(): Promise<void>
  /** One request to the control interface below `/_mock`. */
  control(method: string, route: string, body?: unknown): Promise<any>
  /** End the mock. Safe to call twice. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export declare class VideosMockError extends Error {
  /** Exit code of a mock that did not start. */
  exitCode?: number | null
  /** The end of what it wrote to standard error. */
  stderr?: string
  /** HTTP status of a control request that was refused. */
  status?: number
}

/** Start a mock on a free port. Rejects with a `VideosMockError`. */
export declare function start(options?: StartOptions): Promise<VideosMock>
