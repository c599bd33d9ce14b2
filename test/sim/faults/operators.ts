/** Operators at work: orders against a node, bars lifted, pauses (RG9, RG10). */
import type { Generation, UnixMs } from '@baton/shared/ids'
import type { Fault } from './stage.ts'

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
      authority.restore(atFounding)
      const { registry } = authority.state
      if (registry.status === 'absent' || backup.status === 'absent') return null
      const bars = [...backup.bars]
      const orders = backup.status === 'founded' ? [...backup.orders] : []
      const generation = (Math.max(registry.generation, backup.generation) + 1) as Generation
      stage.during(random.between(10, 3_000), () => {
        authority.operate({ act: 'raise-generation', generation, bars, orders })
        // Reached by name: whoever has not come by then is not waited for.
        stage.world.after(random.pick([4_000, 20_000]), () => {
          if (authority.state.registry.status === 'absent' || authority.state.registry.restore === null) return
          authority.operate({ act: 'accept-incomplete-restore' })
        })
      })
      return `the registry of ${authority.cluster} as it was`
    },
  },
} satisfies Record<string, Fault>
