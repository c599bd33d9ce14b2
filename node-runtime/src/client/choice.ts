/** Which node a call goes to next. */
import { Endpoint, type EndpointOptions } from './endpoint.ts'
import type { KnownNetwork } from './known-network.ts'

/**
 * - `first`: stays with the first of the given nodes that answers;
 * - `turn`: takes the given nodes in turn;
 * - `masters`: finds the masters and takes the clusters in turn, falling back to every node it has heard of.
 */
export type Route = 'first' | 'turn' | 'masters'

export class Choice {
  readonly #route: Route
  readonly #known: KnownNetwork
  readonly #options: EndpointOptions
  readonly #endpoints = new Map<string, Endpoint>()
  #next = 0
  #nextMaster = 0

  constructor(route: Route, known: KnownNetwork, options: EndpointOptions) {
    this.#route = route
    this.#known = known
    this.#options = options
  }

  /** How many attempts may follow each other before a pause: everybody was asked once. */
  get count(): number {
    return Math.max(1, this.#known.urls.length)
  }

  /** Those not avoided first. */
  get all(): readonly Endpoint[] {
    const endpoints = this.#known.urls.map((url) => this.#at(url))
    return [...endpoints.filter(({ avoided }) => !avoided), ...endpoints.filter(({ avoided }) => avoided)]
  }

  /** Null when nobody is known. */
  next(): Endpoint | null {
    return (this.#route === 'masters' ? this.#master() : null) ?? this.#node()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()))
  }

  #master(): Endpoint | null {
    const urls = this.#known.masters.flatMap(({ url }) => url ?? [])
    for (let step = 0; step < urls.length; step++) {
      const endpoint = this.#at(urls[(this.#nextMaster + step) % urls.length]!)
      if (endpoint.avoided) continue
      this.#nextMaster += step + 1
      return endpoint
    }
    return null
  }

  /** The preferred node unless it failed just now; when all did, the next in turn. */
  #node(): Endpoint | null {
    const { urls } = this.#known
    const count = urls.length
    if (count === 0) return null
    for (let step = 0; step < count; step++) {
      const at = (this.#next + step) % count
      const endpoint = this.#at(urls[at]!)
      if (endpoint.avoided) continue
      this.#next = this.#route === 'first' ? at : (at + 1) % count
      return endpoint
    }
    const endpoint = this.#at(urls[this.#next % count]!)
    this.#next = (this.#next + 1) % count
    return endpoint
  }

  #at(url: string): Endpoint {
    const known = this.#endpoints.get(url)
    if (known !== undefined) return known
    const endpoint = new Endpoint(url, this.#options)
    this.#endpoints.set(url, endpoint)
    return endpoint
  }
}
