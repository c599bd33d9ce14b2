/** The two directions between each host and the edge. */
import type { NodeId } from '@baton/shared/ids'

export type EdgeWay = 'requests' | 'answers'

export class EdgeWays {
  readonly #down: Readonly<Record<EdgeWay, Set<NodeId>>> = { requests: new Set(), answers: new Set() }

  takeDown(node: NodeId, way: EdgeWay): void {
    this.#down[way].add(node)
  }

  mend(node: NodeId): void {
    this.#down.requests.delete(node)
    this.#down.answers.delete(node)
  }

  carries(node: NodeId, way: EdgeWay): boolean {
    return !this.#down[way].has(node)
  }

  /** A connection can be made: its first packet arrives, and so does the answer to it. */
  isWhole(node: NodeId): boolean {
    return this.carries(node, 'requests') && this.carries(node, 'answers')
  }
}
