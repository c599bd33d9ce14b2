/** Operators at work: orders against a node, bars lifted, pauses (RG9, RG10). */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { UnixMs } from '@baton/shared/ids'
import type { WorldAuthority } from '../../support/world/authority.ts'
import type { Fault } from './stage.ts'

export const operatorFaults = {
  order: {
    weight: 0.15,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const authority = stage.world.authorities.get(host.cluster)!
      operate(authority, { act: 'order', id: `order-${stage.story.length}`, node: host.node })
      if (random.chance(0.5)) {
        stage.during(random.between(100, 6_000), () => operate(authority, { act: 'clear', node: host.node }))
      }
      return `against ${host.node}`
    },
  },
  threshold: {
    weight: 0.15,
    strike: (stage, random) => {
      const { registry } = stage.world.authorities.get(stage.victim(random).cluster)!.state
      if (registry.status !== 'founded') return null
      const authority = stage.world.authorities.get(registry.cluster)!
      const id = `threshold-${stage.story.length}`
      authority.input({ i: 'order', id, node: registry.master, cause: 'threshold', why: 'as the directory would' })
      return `against ${registry.master}`
    },
  },
  pauseElections: {
    weight: 0.1,
    strike: (stage, random) => {
      const authority = random.pick([...stage.world.authorities.values()])
      const until = (authority.clock.wall() + random.between(200, 8_000)) as UnixMs
      operate(authority, { act: 'pause', until })
      stage.during(random.between(200, 8_000), () => operate(authority, { act: 'resume' }))
      return authority.cluster
    },
  },
} satisfies Record<string, Fault>

export function operate(authority: WorldAuthority, action: OperatorAction): void {
  const from = { channel: 'an operator', request: 1 }
  authority.input({ i: 'operator', from, by: 'the operator', why: 'simulated', action })
}
