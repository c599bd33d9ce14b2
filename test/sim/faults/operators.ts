/** Operators at work: orders against a node, bars lifted, pauses (RG9, RG10). */
import type { Registry } from '@baton/shared/core/registry/types'
import type { Generation, UnixMs } from '@baton/shared/ids'
import type { WorldAuthority } from '../../support/world/authority.ts'
import type { Random } from '../../support/world/random.ts'
import type { Fault, Stage } from './stage.ts'

export const operatorFaults = {
  order: {
    weight: 0.15,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const authority = stage.world.authorities.get(host.cluster)!
      authority.operate({ act: 'order', id: `order-${stage.story.length}`, node: host.node })
      if (random.chance(0.5)) {
        stage.during(random.between(100, 6_000), () => authority.operate({ act: 'clear', node: host.node }))
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
      authority.operate({ act: 'pause', until })
      stage.during(random.between(200, 8_000), () => authority.operate({ act: 'resume' }))
      return authority.cluster
    },
  },
  restore: {
    weight: 0.06,
    strike: (stage, random) => {
      const authority = random.pick([...stage.world.authorities.values()])
      const backup = authority.backup()
      const atFounding = stage.backups.get(authority.cluster)
      stage.backups.set(authority.cluster, backup)
      if (atFounding === undefined) return `a backup of ${authority.cluster}`
      if (!restoreFrom(stage, authority, atFounding, random.between(10, 3_000), random)) return null
      return `the registry of ${authority.cluster} as it was`
    },
  },
} satisfies Record<string, Fault>

/**
 * RG8: the registry as it was when `backup` was made; after `raiseMs` its operator raises the generation, and enters again what was ordered
 * since. False when there was nothing to forget.
 */
export function restoreFrom(
  stage: Stage,
  authority: WorldAuthority,
  backup: Registry,
  raiseMs: number,
  random: Random,
): boolean {
  // MJ1: there is no storage of an authority.
  if (authority.arbiter === 'majority') return false
  const latest = authority.backup()
  authority.restore(backup)
  return raiseAfter(stage, authority, latest, raiseMs, random)
}

/**
 * RG8: after `raiseMs` the operator raises the generation of a registry that stands still, and enters again what was ordered, as `latest` has
 * it. False when nothing was ever created.
 */
export function raiseAfter(
  stage: Stage,
  authority: WorldAuthority,
  latest: Registry,
  raiseMs: number,
  random: Random,
): boolean {
  const { registry } = authority.state
  if (registry.status === 'absent' || latest.status === 'absent') return false
  const bars = [...latest.bars]
  const orders = latest.status === 'founded' ? [...latest.orders] : []
  const generation = (Math.max(registry.generation, latest.generation) + 1) as Generation
  stage.during(raiseMs, () => {
    authority.operate({ act: 'raise-generation', generation, bars, orders })
    // Reached by name: whoever has not come by then is not waited for.
    stage.world.after(random.pick([4_000, 20_000]), () => {
      if (authority.state.registry.status === 'absent' || authority.state.registry.restore === null) return
      authority.operate({ act: 'accept-incomplete-restore' })
    })
  })
  return true
}
