import { encodeCanonical } from '@baton/shared/codec/cbor'
import { BatonError, isErrorCode } from '@baton/shared/errors'
import type { Hash } from '@baton/shared/ids'
import type { Health, NodeStatus, QueryAnswer, Submitted } from '../api/node-service.ts'
import { Endpoint, type EndpointRequest, normalizeUrl } from './endpoint.ts'
import { worthRetrying } from './retry.ts'

export interface BatonClientOptions {
  /** `host:port` or `http://host:port` of any nodes; the first is preferred. */
  readonly urls: readonly string[]
  /** Connections per node. Default 64. */
  readonly connections?: number
  /** One attempt. Default 5,000 ms: a frozen node costs this much before the next one is asked. */
  readonly attemptMs?: number
  /** All attempts of one call. Default 30,000 ms. */
  readonly retryForMs?: number
  /** Take the nodes in turn instead of staying with one that answers. Default false. */
  readonly spread?: boolean
}

/** A refused transaction of a batch carries the node's error. */
export type BatchResult =
  | { readonly ok: true; readonly value: Submitted }
  | { readonly ok: false; readonly error: BatonError }

const AVOID_MS = 1_000
const PAUSE_MS = { first: 20, most: 500 }

/**
 * Talks to a network through any of its nodes. A call goes on to the next node on a lost connection, a timeout or a 503,
 * until `retryForMs` is over. Submitting again is safe: a transaction's id executes once.
 */
export class BatonClient {
  readonly #endpoints: readonly Endpoint[]
  readonly #retryForMs: number
  readonly #spread: boolean
  #next = 0

  constructor({ urls, connections = 64, attemptMs = 5_000, retryForMs = 30_000, spread = false }: BatonClientOptions) {
    if (urls.length === 0) throw new BatonError('BAD_REQUEST', 'no node to talk to', { remedy: 'give --url host:port' })
    this.#endpoints = [...new Set(urls.map(normalizeUrl))].map((url) => new Endpoint(url, { connections, attemptMs }))
    this.#retryForMs = retryForMs
    this.#spread = spread
  }

  /**
   * Resolves when the transaction is in a decided, held block.
   * @param bytes a signed transaction (`sign.ts`)
   * @throws BatonError of the node; UNREACHABLE when nobody answered in time: then its outcome is unknown
   */
  async submit(bytes: Uint8Array): Promise<Submitted> {
    const request: EndpointRequest = {
      method: 'POST',
      path: '/v1/transactions',
      body: bytes,
      contentType: 'application/cbor',
    }
    return (await this.#call(request)) as Submitted
  }

  /** One request for up to `LIMITS.batchTransactions` transactions; results in their order. */
  async submitBatch(transactions: readonly Uint8Array[]): Promise<readonly BatchResult[]> {
    const answer = await this.#call({
      method: 'POST',
      path: '/v1/transactions/batch',
      body: encodeCanonical(transactions),
      contentType: 'application/cbor',
    })
    return (answer as { results: readonly unknown[] }).results.map(toBatchResult)
  }

  /** With proof, block header and certificate. @throws BatonError NOT_FOUND */
  transaction(id: Hash): Promise<unknown> {
    return this.#get(`/v1/transactions/${id}`)
  }

  /** @throws BatonError NOT_FOUND */
  block(height: number | 'latest'): Promise<unknown> {
    return this.#get(`/v1/blocks/${height}`)
  }

  async query(path: string): Promise<QueryAnswer> {
    return (await this.#get(`/v1/query?path=${encodeURIComponent(path)}`)) as QueryAnswer
  }

  /** Of the first node that answers. */
  async status(): Promise<NodeStatus> {
    return (await this.#get('/v1/status')) as NodeStatus
  }

  async health(): Promise<Health> {
    return (await this.#call({ method: 'GET', path: '/health', alsoGood: [503] })) as Health
  }

  async close(): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()))
  }

  #get(path: string): Promise<unknown> {
    return this.#call({ method: 'GET', path })
  }

  async #call(request: EndpointRequest): Promise<unknown> {
    const deadline = performance.now() + this.#retryForMs
    let pause = PAUSE_MS.first
    for (let attempt = 1; ; attempt++) {
      const endpoint = this.#choose()
      try {
        return await endpoint.request(request)
      } catch (error) {
        if (!worthRetrying(error)) throw error
        endpoint.avoidFor(AVOID_MS)
        if (performance.now() + pause >= deadline) throw error
        // Every node has failed once: wait before the next turn, longer each time, not all clients at once.
        if (attempt % this.#endpoints.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
          pause = Math.min(pause * 2, PAUSE_MS.most)
        }
      }
    }
  }

  /** The preferred node unless it failed just now; when all did, the next in turn. */
  #choose(): Endpoint {
    const count = this.#endpoints.length
    for (let step = 0; step < count; step++) {
      const at = (this.#next + step) % count
      const endpoint = this.#endpoints[at]!
      if (endpoint.avoided) continue
      this.#next = this.#spread ? (at + 1) % count : at
      return endpoint
    }
    const endpoint = this.#endpoints[this.#next % count]!
    this.#next = (this.#next + 1) % count
    return endpoint
  }
}

function toBatchResult(result: unknown): BatchResult {
  const { error, message, remedy } = result as { error?: unknown; message?: string; remedy?: string }
  if (!isErrorCode(error)) return { ok: true, value: result as Submitted }
  return {
    ok: false,
    error: new BatonError(error, message ?? '', remedy === undefined ? {} : { remedy }),
  }
}
