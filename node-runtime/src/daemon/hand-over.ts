import type { NodeInput } from '@baton/shared/core/node/io'
import { isLeading, type NodeState } from '@baton/shared/core/node/state'
import type { Instant } from '@baton/shared/ids'

export interface HandOverPorts {
  readonly state: () => NodeState
  readonly enqueue: (input: NodeInput) => void
  readonly now: () => Instant
}

/** How long a clean stop waits for a successor. */
const HANDOVER_MS = 3_000
const LOOK_MS = 10

/** Clean stop: the standby takes over while this node still answers for the old token (EL8 has no say in it). */
export async function handOver({ state, enqueue, now }: HandOverPorts): Promise<void> {
  enqueue({ i: 'resign', to: null, leaving: true })
  const until = now() + HANDOVER_MS
  while (now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    const { election } = state()
    if (election.role.r === 'stopped') return
    if (!isLeading(state()) && election.own?.node !== election.config.node) return
  }
}
