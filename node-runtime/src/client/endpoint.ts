import { BatonError } from '@baton/shared/errors'
import { Pool } from 'undici'
import { codedErrorIn, describeAnswer } from './coded-answer.ts'

export interface EndpointOptions {
  readonly connections: number
  /** One attempt, from the request to its whole answer. */
  readonly attemptMs: number
}

export interface EndpointRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: Uint8Array
  readonly contentType?: string
  /** Statuses besides 200 whose body is the answer. */
  readonly alsoGood?: readonly number[]
  /** At most this long, when it is less than `attemptMs`. */
  readonly withinMs?: number
  readonly signal?: AbortSignal | undefined
}

const CONNECT_MS = 2_000
/** How long an endpoint that failed is asked last; doubling while it does not answer at all. */
const AVOID_MS = { first: 1_000, most: 4_000 }

/** One node's HTTP API behind a pool of kept-alive connections. */
export class Endpoint {
  readonly url: string
  readonly #pool: Pool
  readonly #attemptMs: number
  /** After a failure this endpoint is asked last until then (`performance.now()`). */
  #avoidUntil = 0
  #avoidMs = 0

  constructor(url: string, { connections, attemptMs }: EndpointOptions) {
    this.url = url
    this.#attemptMs = attemptMs
    this.#pool = new Pool(url, {
      connections,
      headersTimeout: attemptMs,
      bodyTimeout: attemptMs,
      connect: { timeout: CONNECT_MS },
      keepAliveTimeout: 30_000,
    })
  }

  get avoided(): boolean {
    return performance.now() < this.#avoidUntil
  }

  /**
   * One attempt. Returns the parsed JSON body of a 200.
   * @throws BatonError with the node's code; UNREACHABLE when there was no coded answer
   */
  async request(request: EndpointRequest): Promise<unknown> {
    const { method, path, body, contentType, alsoGood = [] } = request
    const signal = this.#signalOf(request)
    let status: number
    let text: string
    try {
      const response = await this.#pool.request({
        method,
        path,
        ...(body === undefined ? {} : { body }),
        ...(signal === null ? {} : { signal }),
        ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
      })
      status = response.statusCode
      text = await response.body.text()
    } catch (error) {
      throw this.#unreachable(reasonOf(error), error)
    }
    if (status !== 200 && !alsoGood.includes(status)) throw this.#codedError(status, text)
    this.#avoidMs = 0
    return this.#parse(text)
  }

  /** `silent`: it did not even answer; then longer each time, for asking it may cost a whole attempt. */
  avoid(silent: boolean): void {
    this.#avoidMs = silent ? Math.min(Math.max(AVOID_MS.first, this.#avoidMs * 2), AVOID_MS.most) : AVOID_MS.first
    this.#avoidUntil = performance.now() + this.#avoidMs
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  /** The pool's own time limits are exact to a second or so, and cost nothing. */
  #signalOf({ withinMs, signal }: EndpointRequest): AbortSignal | null {
    const limited =
      withinMs !== undefined && withinMs < this.#attemptMs
        ? AbortSignal.timeout(Math.ceil(Math.max(0, withinMs)))
        : null
    if (limited === null || signal === undefined) return limited ?? signal ?? null
    return AbortSignal.any([limited, signal])
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw this.#unreachable('it answered something that is not JSON', error)
    }
  }

  #codedError(status: number, text: string): BatonError {
    let answer: unknown = null
    try {
      answer = JSON.parse(text)
    } catch {
      // Not a Baton node, or a proxy in between.
    }
    return codedErrorIn(answer) ?? this.#unreachable(describeAnswer(status, answer))
  }

  #unreachable(why: string, cause?: unknown): BatonError {
    return new BatonError('UNREACHABLE', `no answer from ${this.url}: ${why}`, {
      remedy: 'check that the node runs and that --url names its api address',
      details: { url: this.url },
      cause,
    })
  }
}

/** `127.0.0.1:7201`, `http://…`, `https://…` → an origin. @throws BatonError BAD_REQUEST */
export function normalizeUrl(text: string): string {
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`
  if (!URL.canParse(url)) {
    throw new BatonError('BAD_REQUEST', `"${text}" is not the address of a node`, {
      remedy: 'give host:port or http://host:port',
    })
  }
  return new URL(url).origin
}

function reasonOf(error: unknown): string {
  const { code, message, name } = error as { code?: string; message?: string; name?: string }
  if (name === 'TimeoutError') return 'it took too long'
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused'
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'it took too long'
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
      return 'the connection closed'
    default:
      return code ?? message ?? String(error)
  }
}
