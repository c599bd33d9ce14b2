/** What operators ask of the authentication node, over HTTP with their token (ID7). */
import type { Explanation } from '@baton/shared/core/registry/explain'
import type { OperatorAction, RegistryEvent } from '@baton/shared/core/registry/messages'
import { BatonError, type ErrorCode, isErrorCode } from '@baton/shared/errors'
import type { ClusterId, NetworkId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { Pool } from 'undici'

export interface AuthorityClientOptions {
  /** `http://` or `https://`. */
  readonly url: string
  readonly network: NetworkId
  readonly token: string
}

export interface ActRequest {
  readonly why: string
  readonly dryRun: boolean
  /** RG1: the version of the registry that the operator has seen. */
  readonly against?: number
  readonly [field: string]: unknown
}

/** What was recorded, or would be; `state` is null while the founder has not registered. */
export interface ActAnswer {
  readonly state: RegistryView | null
  readonly events: readonly RegistryEvent[]
}

export interface ToldEvent {
  readonly seq: number
  readonly at: number
  readonly event: RegistryEvent
  readonly hash: string
}

export interface ToldStatus {
  readonly state: RegistryView | null
  readonly heard: readonly { readonly node: string; readonly session: string; readonly reportAgeMs: number | null }[]
}

export type ToldExplanation = Explanation & {
  readonly cluster: ClusterId
  readonly alerts: readonly { readonly code: string; readonly why: string }[]
}

const CONNECT_MS = 3_000
const ANSWER_MS = 10_000
const EVENTS_PER_PAGE = 200

/** Every method throws a `BatonError`: that of the authority, or UNREACHABLE. */
export class AuthorityClient {
  readonly #pool: Pool
  readonly #options: AuthorityClientOptions
  readonly #base: string

  constructor(options: AuthorityClientOptions) {
    const { origin, pathname } = new URL(options.url)
    this.#options = options
    this.#base = `${pathname.replace(/\/+$/, '')}/v1/networks/${options.network}/clusters`
    this.#pool = new Pool(origin, { connections: 2, connect: { timeout: CONNECT_MS } })
  }

  status(cluster: string): Promise<ToldStatus> {
    return this.#ask('GET', `${cluster}`)
  }

  explain(cluster: string): Promise<ToldExplanation> {
    return this.#ask('GET', `${cluster}/explain`)
  }

  act(cluster: string, name: OperatorAction['act'], body: ActRequest): Promise<ActAnswer> {
    return this.#ask('POST', `${cluster}/acts/${name}`, body)
  }

  /** Events after that number, oldest first; with `waitSeconds` the answer waits for the next one when there is none. */
  async events(cluster: string, after: number, waitSeconds = 0): Promise<readonly ToldEvent[]> {
    const query = `after=${after}&limit=${EVENTS_PER_PAGE}&wait=${waitSeconds}`
    const path = `${cluster}/events?${query}`
    const page = await this.#ask<{ events: readonly ToldEvent[] }>('GET', path, undefined, waitSeconds * 1_000)
    return page.events
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  async #ask<Answer>(method: 'GET' | 'POST', path: string, body?: object, waitMs = 0): Promise<Answer> {
    let status: number
    let text: string
    const timeout = ANSWER_MS + waitMs
    try {
      const response = await this.#pool.request({
        method,
        path: `${this.#base}/${path}`,
        headers: {
          authorization: `Bearer ${this.#options.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headersTimeout: timeout,
        bodyTimeout: timeout,
      })
      status = response.statusCode
      text = await response.body.text()
    } catch (error) {
      throw this.#unreachable(error instanceof Error ? error.message : String(error), error)
    }
    const answer = parsed(text)
    if (status === 200 && answer !== null) return answer as Answer
    throw this.#refused(status, answer)
  }

  #refused(status: number, answer: object | null): BatonError {
    const { error, message, remedy, retryAfterMs } = (answer ?? {}) as Record<string, unknown>
    if (!isErrorCode(error)) return this.#unreachable(`it answered HTTP ${status}`)
    const code: ErrorCode = error
    return new BatonError(code, String(message), {
      ...(typeof remedy === 'string' ? { remedy } : {}),
      ...(typeof retryAfterMs === 'number' ? { details: { retryAfterMs } } : {}),
    })
  }

  #unreachable(why: string, cause?: unknown): BatonError {
    const { url } = this.#options
    return new BatonError('UNREACHABLE', `no answer from the authentication node at ${url}: ${why}`, {
      remedy: 'check --authority-url, or $BATON_AUTHORITY_URL, and the network between here and there',
      details: { url },
      cause,
    })
  }
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}
