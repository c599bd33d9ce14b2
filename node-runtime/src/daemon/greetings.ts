/** What peers say of themselves when a link opens: for clients and operators. The grants that they show are the inbox's to verify. */
import type { Hash, NodeId } from '@baton/shared/ids'
import type { Hello } from '@baton/shared/protocol/peer'
import type { RefusalLog } from './refusal-log.ts'

export interface GreetingsPorts {
  /** Of this node's genesis document. */
  readonly genesis: Hash
  readonly refusals: Pick<RefusalLog, 'refused'>
}

export class Greetings {
  readonly #ports: GreetingsPorts
  readonly #apiAddresses = new Map<NodeId, string>()
  readonly #programs = new Map<NodeId, string>()

  constructor(ports: GreetingsPorts) {
    this.#ports = ports
  }

  /** Where the API of each node is, as it said last. */
  get apiAddresses(): ReadonlyMap<NodeId, string> {
    return this.#apiAddresses
  }

  onHello(from: NodeId, { apiAddress, genesis, program }: Hello): void {
    this.#apiAddresses.set(from, apiAddress)
    this.#programs.set(from, program)
    if (genesis === this.#ports.genesis) return
    const why = `it has another genesis document, of the hash ${genesis}; here it is ${this.#ports.genesis}`
    const sentence = `${from} has another genesis document: give both the same file, and it a new data folder`
    this.#ports.refusals.refused({ event: 'other-genesis', kind: 'hello', source: from, why, sentence })
  }

  /** How many of these nodes run which version of the program: what a rolling upgrade looks at. `unknown` is older than this could be told. */
  programsOf(nodes: readonly NodeId[]): Readonly<Record<string, number>> {
    const counts = new Map<string, number>()
    for (const node of nodes) {
      const program = this.#programs.get(node) || 'unknown'
      counts.set(program, (counts.get(program) ?? 0) + 1)
    }
    return Object.fromEntries(counts)
  }
}
