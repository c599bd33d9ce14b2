/** What people are shown of a cluster, whoever keeps its registry: nothing here changes anything. */
import { assert } from '@baton/shared/assert'
import { standingAlerts } from '@baton/shared/core/registry/alerts'
import { explain } from '@baton/shared/core/registry/explain'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { ClusterId } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { ClusterExplanation, ClusterStatus, KnownNode, OperatorAnswer } from '../authority-api.ts'
import type { Credentials } from './credentials.ts'
import { knownNodes } from './known-nodes.ts'
import { answerOf } from './outbox.ts'
import type { Registrar } from './registrar.ts'
import { statusOf } from './status.ts'

export interface InsightParts {
  readonly cluster: ClusterId
  readonly decider: Registrar
  readonly credentials: Credentials
  readonly clock: Clock
}

export class Insight {
  readonly #parts: InsightParts

  constructor(parts: InsightParts) {
    this.#parts = parts
  }

  nodes(): readonly KnownNode[] {
    const { cluster, decider, clock } = this.#parts
    return knownNodes(cluster, decider.state, clock.now())
  }

  /** Null while nobody has been granted anything. */
  async view(): Promise<RegistryView | null> {
    const { decider, credentials } = this.#parts
    const { registry } = decider.state
    return registry.status === 'founded' ? credentials.view(registry) : null
  }

  async status(): Promise<ClusterStatus> {
    const { cluster, decider, clock } = this.#parts
    const view = await this.view()
    return statusOf(cluster, decider.state, view, clock.now())
  }

  explain(): ClusterExplanation {
    const { cluster, decider } = this.#parts
    const { state } = decider
    const context = decider.context()
    const explanation = explain(state, context)
    return { cluster, ...explanation, alerts: standingAlerts(state, explanation, context) }
  }

  /** What an act would come to. */
  async consider(input: RegistryInput): Promise<OperatorAnswer> {
    const { decider, credentials } = this.#parts
    const { state, send, events } = decider.consider(input)
    const view = state.registry.status === 'founded' ? await credentials.view(state.registry) : null
    const reply = send.find((each) => each.s === 'reply')
    assert(reply !== undefined, 'an act of an operator was not answered')
    return { ...answerOf(reply.outcome, view), events }
  }
}
