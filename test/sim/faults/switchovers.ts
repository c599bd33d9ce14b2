/** Planned changes of master (EL8): asked for by an operator, alone and with everything else that goes on, and disturbed when they are due. */
import type { NodeId, UnixMs } from '@baton/shared/ids'
import type { SwitchoverView } from '@baton/shared/protocol/control'
import type { WorldAuthority } from '../../support/world/authority.ts'
import type { Random } from '../../support/world/random.ts'
import type { Fault, Stage } from './stage.ts'

/** From now; some are asked for when they are due, as `baton switchover` does. */
const AHEAD_MS = [0, 0, 20, 1_000, 4_000] as const
const DUE_WITHIN_MS = 6_000

export const switchoverFaults = {
  switchover: {
    weight: 0.25,
    strike: (stage, random) => {
      const authority = authorityOf(stage, random)
      const asked = ask(stage, authority, random)
      if (random.chance(0.1)) {
        stage.soon(random.between(5, 1_000), () => authority.operate({ act: 'cancel-switchover' }))
      }
      return asked
    },
  },
  /** When it is due, and the heir has just learned of it or not yet, something happens to those whom it concerns. */
  switchoverDisturbed: {
    weight: 0.25,
    strike: (stage, random) => {
      const authority = authorityOf(stage, random)
      const asked = ask(stage, authority, random)
      // At once: before the claim of the heir is decided.
      const afterMs = random.chance(0.6) ? 0 : random.between(0, 12)
      const forMs = random.between(50, 4_000)
      const disturbance = random.pick(DISTURBANCES)
      stage.once(
        () => due(authority) !== null,
        1,
        DUE_WITHIN_MS,
        () =>
          stage.soon(afterMs, () => {
            const planned = due(authority)
            if (planned !== null) disturbance(stage, authority, planned, forMs)
          }),
      )
      return asked
    },
  },
} satisfies Record<string, Fault>

function authorityOf(stage: Stage, random: Random): WorldAuthority {
  return stage.world.authorities.get(stage.victim(random).cluster)!
}

/** Of anybody, a standby or not, or of nobody in particular. */
function ask(stage: Stage, authority: WorldAuthority, random: Random): string {
  const { cluster, clock } = authority
  const to = random.chance(0.3) ? null : random.pick(stage.world.nodesOf(cluster)).node
  const at = (clock.wall() + random.pick(AHEAD_MS)) as UnixMs
  authority.operate({ act: 'switchover', id: `switchover-${stage.story.length}`, to, at })
  return `of ${cluster} to ${to ?? 'the best standby'}`
}

function due({ state: { registry } }: WorldAuthority): (SwitchoverView & { readonly to: NodeId }) | null {
  const planned = registry.status === 'founded' ? registry.switchover : null
  return planned?.due && planned.to !== null ? { ...planned, to: planned.to } : null
}

type Disturbance = (stage: Stage, authority: WorldAuthority, planned: { readonly to: NodeId }, forMs: number) => void

const DISTURBANCES: readonly Disturbance[] = [
  function heirDies(stage, _authority, { to }, forMs) {
    const heir = stage.world.host(to)
    if (stage.mayFail(heir)) stage.kill(heir, forMs)
  },
  function masterDies(stage, { cluster }, _planned, forMs) {
    const master = stage.world.masterOf(cluster)
    if (master !== null && stage.mayFail(master)) stage.kill(master, forMs)
  },
  function heirIsCutOff(stage, _authority, { to }, forMs) {
    stage.world.cutEdge(to)
    stage.during(forMs, () => stage.world.mendEdge(to))
  },
  /** The master may have its standby removed, which is the heir. */
  function heirIsLost(stage, { cluster }, { to }, forMs) {
    const master = stage.world.masterOf(cluster)
    if (master === null || master.node === to) return
    stage.world.cut(master.node, to)
    stage.during(forMs, () => stage.world.mend(master.node, to))
  },
  /** And the operator insists. */
  function heirIsBarred(stage, authority, { to }, forMs) {
    authority.operate({ act: 'order', id: `disturbs-${stage.story.length}`, node: to })
    const at = authority.clock.wall() as UnixMs
    authority.operate({ act: 'switchover', id: `insists-${stage.story.length}`, to, at })
    stage.during(forMs, () => authority.operate({ act: 'clear', node: to }))
  },
  function switchesArePaused(stage, authority, _planned, forMs) {
    authority.operate({ act: 'pause', until: (authority.clock.wall() + Math.ceil(forMs)) as UnixMs })
    stage.during(forMs, () => authority.operate({ act: 'resume' }))
  },
  function masterResigns(stage, { cluster }) {
    stage.world.masterOf(cluster)?.feed({ i: 'resign', to: null, leaving: false })
  },
]
