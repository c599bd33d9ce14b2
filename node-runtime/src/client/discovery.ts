/** Finds out who is master: asks nodes, and the edge when they do not answer at once. One search at a time. */
import type { Endpoint } from './endpoint.ts'
import type { KnownNetwork } from './known-network.ts'
import { noticesOf, type Said, saidByEdge, saidByNode } from './said-masters.ts'

export interface DiscoveryOptions {
  readonly known: KnownNetwork
  /** Nodes in the order in which to ask them. */
  readonly nodes: () => readonly Endpoint[]
  /** The edge and the path of its network; null: none was named. */
  readonly edge: { readonly endpoint: Endpoint; readonly path: string } | null
  /** What is known is asked for anew when it is older than this. */
  readonly refreshMs: number
}

/** The next source is asked when the one before has not answered by then. */
const HEDGE_MS = 250
/** Nodes asked in one search. */
const NODES_ASKED = 8
/** After a search that nobody answered. */
const PAUSE_MS = 200

export class Discovery {
  readonly #options: DiscoveryOptions
  #running: Promise<void> | null = null
  #endedAt = Number.NEGATIVE_INFINITY
  /** Null: a search that nobody answered. */
  #answeredAt: number | null = null
  #doubted = false
  #stopped = false

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** Searches when that is due; a search under way is joined. Never rejects. */
  refresh(): Promise<void> {
    if (this.#running === null && this.#isDue()) {
      this.#running = this.#search().finally(() => {
        this.#running = null
      })
    }
    return this.#running ?? Promise.resolve()
  }

  /** A master did not answer, or is none any more: what is known is old. */
  doubt(): void {
    this.#doubted = true
  }

  /** Resolves when the search under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  #isDue(): boolean {
    if (this.#stopped) return false
    const known = this.#answeredAt !== null && !this.#doubted
    return performance.now() >= this.#endedAt + (known ? this.#options.refreshMs : PAUSE_MS)
  }

  async #search(): Promise<void> {
    const { known, nodes, edge } = this.#options
    this.#doubted = false
    const askNode = (node: Endpoint) => async () =>
      saidByNode(await node.request({ method: 'GET', path: '/v1/masters' }))
    const sources = nodes().slice(0, NODES_ASKED).map(askNode)
    if (edge !== null) {
      // Second: nodes are near and cost nothing; but a client that knows dead nodes only must not wait long.
      sources.splice(1, 0, () => askEdge(edge, known))
    }
    const said = await firstOf(sources)
    if (said !== null) {
      await known.learnNotices(said.notices)
      await known.learn(said.masters, said.addresses)
    }
    this.#endedAt = performance.now()
    this.#answeredAt = said === null ? null : this.#endedAt
  }
}

/** ID1: a table that does not verify may be signed with a key that came after genesis: what its owners say of that is asked for then. */
async function askEdge({ endpoint, path }: NonNullable<DiscoveryOptions['edge']>, known: KnownNetwork): Promise<Said> {
  const answer = await endpoint.request({ method: 'GET', path: `${path}/masters` })
  try {
    return await saidByEdge(answer, known.trust)
  } catch (error) {
    const notices = noticesOf(await endpoint.request({ method: 'GET', path: `${path}/notices` }))
    if (!(await known.learnNotices(notices))) throw error
    return saidByEdge(answer, known.trust)
  }
}

/** The first that answers; each is begun when the one before has failed, or has been silent for `HEDGE_MS`. Null: none did. */
function firstOf(sources: readonly (() => Promise<Said>)[]): Promise<Said | null> {
  return new Promise((resolve) => {
    let at = 0
    let open = 0
    let timer: NodeJS.Timeout | undefined
    const next = () => {
      clearTimeout(timer)
      const source = sources[at++]
      if (source === undefined) {
        if (open === 0) resolve(null)
        return
      }
      open++
      timer = setTimeout(next, HEDGE_MS)
      source().then(
        (said) => {
          clearTimeout(timer)
          at = sources.length
          resolve(said)
        },
        () => {
          open--
          next()
        },
      )
    }
    next()
  })
}
