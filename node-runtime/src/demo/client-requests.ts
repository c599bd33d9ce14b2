/**
 * What the demo's clients asked and what came of it, request by request, as their HTTP library tells everybody who listens. A client that
 * tries again hides failures from its caller; here each is seen, and nothing of the client's own counting is believed.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** Published by undici; the names stand in its documentation. */
const CHANNELS = {
  headers: 'undici:request:headers',
  /** The whole answer has come. */
  trailers: 'undici:request:trailers',
  error: 'undici:request:error',
} as const
const SUBMISSIONS = '/v1/transactions'

export interface EndedRequest {
  readonly atMs: number
  /** Null: answered with 200, to the last byte. */
  readonly failure: string | null
}

interface Told {
  readonly request: { readonly method: string; readonly path: string; readonly origin?: unknown }
  readonly response?: { readonly statusCode: number }
  readonly error?: Error
}

/** Every submission that this process sends, from `start` to `stop`, in the order in which they ended. */
export class ClientRequests {
  readonly ended: EndedRequest[] = []
  readonly #now: () => number
  readonly #statuses = new WeakMap<object, number | 'ended'>()
  readonly #onHeaders = (message: unknown) => {
    const { request, response } = message as Told
    if (response !== undefined && isSubmission(request)) this.#statuses.set(request, response.statusCode)
  }
  readonly #onTrailers = (message: unknown) => {
    const { request } = message as Told
    const status = this.#statuses.get(request)
    if (isSubmission(request)) this.#end(request, status === 200 ? null : `HTTP ${status} from ${request.origin}`)
  }
  readonly #onError = (message: unknown) => {
    const { request, error } = message as Told
    if (isSubmission(request)) this.#end(request, `${error?.message ?? 'an error'} from ${request.origin}`)
  }

  constructor(now: () => number) {
    this.#now = now
  }

  start(): void {
    subscribe(CHANNELS.headers, this.#onHeaders)
    subscribe(CHANNELS.trailers, this.#onTrailers)
    subscribe(CHANNELS.error, this.#onError)
  }

  stop(): void {
    unsubscribe(CHANNELS.headers, this.#onHeaders)
    unsubscribe(CHANNELS.trailers, this.#onTrailers)
    unsubscribe(CHANNELS.error, this.#onError)
  }

  #end(request: object, failure: string | null): void {
    if (this.#statuses.get(request) === 'ended') return
    this.#statuses.set(request, 'ended')
    this.ended.push({ atMs: this.#now(), failure })
  }
}

function isSubmission({ method, path }: Told['request']): boolean {
  return method === 'POST' && path.startsWith(SUBMISSIONS)
}
