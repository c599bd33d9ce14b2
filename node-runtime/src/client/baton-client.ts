import { encodeCanonical } from '@baton/shared/codec/cbor'
import { BatonError, isErrorCode } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { Hash, NetworkId } from '@baton/shared/ids'
import type { Health, NodeStatus, QueryAnswer, Submitted } from '../api/node-service.ts'
import { Choice, type Route } from './choice.ts'
import { Discovery } from './discovery.ts'
import { Endpoint, type EndpointRequest, normalizeUrl } from './endpoint.ts'
import { type KnownMaster, KnownNetwork } from './known-network.ts'
import { type ProvenTransaction, verifyProof } from './proof.ts'
import { retryableCode, worthRetrying } from './retry.ts'
import { saidByNode } from './said-masters.ts'

export interface BatonClientOptions {
  /** `host:port` or `http://host:port` of any nodes; the first is preferred. May be empty when `authorityUrl` is given. */
  readonly urls: readonly string[]
  /** Default `first`. */
  readonly route?: Route
  /** Masters are verified against it: whoever is asked can then hide a master, but not make one up (NW1). */
  readonly genesis?: Genesis
  /** Address of the authentication node, asked for masters when nodes do not answer. Needs `genesis` or `network`. */
  readonly authorityUrl?: string
  readonly network?: NetworkId
  /** Route `masters`: what is known is asked for anew after this long. Default 10,000 ms; at once when a master fails. */
  readonly refreshMs?: number
  /** Connections per node. Default 64. */
  readonly connections?: number
  /** One attempt. Default 5,000 ms: a frozen node costs this much before the next one is asked. */
  readonly attemptMs?: number
  /** All attempts of one call, though at least one of `attemptMs`. Default 30,000 ms. */
  readonly retryForMs?: number
}

export interface CallOptions {
  /** Instead of the client's own. */
  readonly retryForMs?: number
  /** Ends the call with the reason of the signal; a transaction's outcome is then unknown. */
  readonly signal?: AbortSignal
}

/** A refused transaction of a batch carries the node's error. */
export type BatchResult =
  | { readonly ok: true; readonly value: Submitted }
  | { readonly ok: false; readonly error: BatonError }

const PAUSE_MS = { first: 20, most: 500 }
const ATTEMPT_MS = 5_000
const RETRY_FOR_MS = 30_000
const REFRESH_MS = 10_000

/**
 * Talks to a network through any of its nodes. A call goes on to the next node on a lost connection, a timeout or a 503,
 * until `retryForMs` is over: a switch costs time, never an error. Submitting again is safe: a transaction's id executes once.
 */
export class BatonClient {
  readonly #known: KnownNetwork
  readonly #choice: Choice
  readonly #discovery: Discovery | null
  readonly #edge: Endpoint | null
  readonly #attemptMs: number
  readonly #retryForMs: number

  /** @throws BatonError BAD_REQUEST for an address that is none, or nobody to ask */
  constructor(options: BatonClientOptions) {
    const { urls, route = 'first', genesis = null, authorityUrl, connections = 64, attemptMs = ATTEMPT_MS } = options
    if (urls.length === 0 && (route !== 'masters' || authorityUrl === undefined)) {
      throw new BatonError('BAD_REQUEST', 'no node to talk to', { remedy: 'give --url host:port' })
    }
    const network = genesis?.network ?? options.network
    this.#attemptMs = attemptMs
    this.#retryForMs = options.retryForMs ?? RETRY_FOR_MS
    this.#known = new KnownNetwork(genesis, urls)
    this.#choice = new Choice(route, this.#known, { connections, attemptMs })
    this.#edge =
      authorityUrl === undefined ? null : new Endpoint(normalizeUrl(authorityUrl), { connections: 1, attemptMs })
    if (this.#edge !== null && network === undefined) {
      throw new BatonError('BAD_REQUEST', 'the authentication node serves by network', {
        remedy: 'give `genesis`, or `network`, together with `authorityUrl`',
      })
    }
    const edge = this.#edge === null ? null : { endpoint: this.#edge, path: `/v1/networks/${network}` }
    const { refreshMs = REFRESH_MS } = options
    const nodes = () => this.#choice.all
    this.#discovery = route === 'masters' ? new Discovery({ known: this.#known, nodes, edge, refreshMs }) : null
  }

  /** Route `masters`: the masters known now, asked for anew when that is due. Empty when nobody answers. */
  async masters(): Promise<readonly KnownMaster[]> {
    await this.#discovery?.refresh()
    return this.#known.masters
  }

  /**
   * Resolves when the transaction is in a decided, held block.
   * @param bytes a signed transaction (`sign.ts`)
   * @throws BatonError of the node; of the last attempt when time is over: then the outcome is unknown, and the same bytes may be
   * submitted again
   */
  async submit(bytes: Uint8Array, options?: CallOptions): Promise<Submitted> {
    const request: EndpointRequest = {
      method: 'POST',
      path: '/v1/transactions',
      body: bytes,
      contentType: 'application/cbor',
    }
    return (await this.#call(request, options)) as Submitted
  }

  /**
   * Up to `LIMITS.batchTransactions` transactions; results in their order. Those that another node, or the same one later, may
   * still take are submitted again until time is over.
   */
  async submitBatch(transactions: readonly Uint8Array[], options: CallOptions = {}): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = []
    const deadline = performance.now() + (options.retryForMs ?? this.#retryForMs)
    let open = transactions.map((_, index) => index)
    for (let pause = PAUSE_MS.first; open.length > 0; pause = Math.min(pause * 2, PAUSE_MS.most)) {
      const retryForMs = Math.max(0, deadline - performance.now())
      const batch = open.map((index) => transactions[index]!)
      const answers = await this.#submitBatchOnce(batch, { ...options, retryForMs }).catch((error: unknown) => {
        // Others of the batch have their results: nothing of them is thrown away.
        if (results.length === 0 || !(error instanceof BatonError)) throw error
        return batch.map(() => ({ ok: false, error }) as const)
      })
      for (const [at, index] of open.entries()) results[index] = answers[at]!
      open = open.filter((index) => {
        const result = results[index]!
        return !result.ok && retryableCode(result.error.code)
      })
      if (open.length === 0 || performance.now() + pause >= deadline) break
      await sleep(pause, options.signal)
    }
    return results
  }

  async #submitBatchOnce(batch: readonly Uint8Array[], options: CallOptions): Promise<readonly BatchResult[]> {
    const request: EndpointRequest = {
      method: 'POST',
      path: '/v1/transactions/batch',
      body: encodeCanonical(batch),
      contentType: 'application/cbor',
    }
    return ((await this.#call(request, options)) as { results: readonly unknown[] }).results.map(toBatchResult)
  }

  /**
   * A transaction that is proven down to genesis: asks node after node until one can prove it.
   * @throws BatonError BAD_REQUEST without `genesis`; NOT_FOUND; PROOF_INVALID when nobody could in time
   */
  async provenTransaction(id: Hash, options?: CallOptions): Promise<ProvenTransaction> {
    const { trust } = this.#known
    if (trust === null) {
      throw new BatonError('BAD_REQUEST', 'nothing can be proven without genesis', {
        remedy: 'give `genesis` to the client',
      })
    }
    const request: EndpointRequest = { method: 'GET', path: `/v1/transactions/${id}` }
    return this.#call(request, options, async (answer) => {
      try {
        return await verifyProof(trust, id, answer)
      } catch (error) {
        // Keys may have been replaced since genesis, and the owners' word of it not have been heard here (ID1).
        const { notices } = saidByNode(await this.#get('/v1/masters', options))
        if (!(await this.#known.learnNotices(notices))) throw error
        return verifyProof(trust, id, answer)
      }
    })
  }

  /** As a node says it: with proof, block header and certificate, not checked. @throws BatonError NOT_FOUND */
  transaction(id: Hash, options?: CallOptions): Promise<unknown> {
    return this.#get(`/v1/transactions/${id}`, options)
  }

  /** @throws BatonError NOT_FOUND */
  block(height: number | 'latest', options?: CallOptions): Promise<unknown> {
    return this.#get(`/v1/blocks/${height}`, options)
  }

  /** The answer of one node, at the height it names. */
  async query(path: string, options?: CallOptions): Promise<QueryAnswer> {
    return (await this.#get(`/v1/query?path=${encodeURIComponent(path)}`, options)) as QueryAnswer
  }

  /** Of the first node that answers. */
  async status(options?: CallOptions): Promise<NodeStatus> {
    return (await this.#get('/v1/status', options)) as NodeStatus
  }

  async health(options?: CallOptions): Promise<Health> {
    return (await this.#call({ method: 'GET', path: '/health', alsoGood: [503] }, options)) as Health
  }

  async close(): Promise<void> {
    const searched = this.#discovery?.stop()
    await Promise.all([this.#choice.close(), this.#edge?.close()])
    await searched
  }

  #get(path: string, options?: CallOptions): Promise<unknown> {
    return this.#call({ method: 'GET', path }, options)
  }

  /** @param read makes what is returned of an answer; what it throws counts as the node's failure */
  async #call<Read = unknown>(
    request: EndpointRequest,
    { retryForMs = this.#retryForMs, signal }: CallOptions = {},
    read: (answer: unknown) => Promise<Read> = async (answer) => answer as Read,
  ): Promise<Read> {
    const began = performance.now()
    const deadline = began + Math.max(retryForMs, this.#attemptMs)
    let pause = PAUSE_MS.first
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      const searched = this.#discovery?.refresh()
      // Without any master the search is worth waiting for; else it goes on beside the call.
      if (searched !== undefined && this.#known.masters.length === 0) await searched
      const endpoint = this.#choice.next()
      try {
        if (endpoint === null) throw nobodyKnown()
        return await read(await endpoint.request({ ...request, withinMs: deadline - performance.now(), signal }))
      } catch (error) {
        signal?.throwIfAborted()
        if (!worthRetrying(error)) throw error
        endpoint?.avoid((error as BatonError).code === 'UNREACHABLE')
        this.#discovery?.doubt()
        const now = performance.now()
        if (now + pause >= began + retryForMs) throw afterAttempts(error as BatonError, attempt, now - began)
        // Every node has failed once: wait before the next turn, longer each time, not all clients at once.
        if (attempt % this.#choice.count === 0) {
          await sleep(pause * (0.5 + Math.random()), signal)
          pause = Math.min(pause * 2, PAUSE_MS.most)
        }
      }
    }
  }
}

function nobodyKnown(): BatonError {
  return new BatonError('UNREACHABLE', 'no node is known: the authentication node did not answer', {
    remedy: 'check `authorityUrl`, or give the address of a node in `urls`',
  })
}

/** The last reason, and how much was tried. */
function afterAttempts(
  { code, message, remedy, details, cause }: BatonError,
  attempts: number,
  ms: number,
): BatonError {
  return new BatonError(code, message, {
    ...(remedy === undefined ? {} : { remedy }),
    details: { ...details, attempts, triedMs: Math.round(ms) },
    cause,
  })
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

function toBatchResult(result: unknown): BatchResult {
  const { error, message, remedy } = result as { error?: unknown; message?: string; remedy?: string }
  if (!isErrorCode(error)) return { ok: true, value: result as Submitted }
  return {
    ok: false,
    error: new BatonError(error, message ?? '', remedy === undefined ? {} : { remedy }),
  }
}
