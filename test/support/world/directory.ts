/** The directory as far as recovery needs it: tells each authority how long other clusters have heard no vote of its own (RG6). */
import { heardOf } from '@baton/shared/core/node/heard'
import { isLeading } from '@baton/shared/core/node/state'
import type { ClusterPolicy } from '@baton/shared/genesis'
import type { ClusterId, NodeId } from '@baton/shared/ids'
import type { WorldAuthority } from './authority.ts'
import type { Host } from './host.ts'
import type { Schedule } from './schedule.ts'

export interface DirectoryPorts {
  readonly schedule: Schedule
  readonly policy: ClusterPolicy
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
  readonly up: () => boolean
}

/** Reports count while they are at most a third of `recoverAfter` old; here they are made when they are asked for. */
export function runDirectory(ports: DirectoryPorts): void {
  const { schedule, policy, hosts, authorities, up } = ports
  const tick = () => {
    schedule.after(policy.recoverAfterMs / 6, tick)
    if (!up()) return
    const masters = [...hosts.values()].filter(
      ({ alive, frozen, session, state }) => alive && !frozen && session !== null && isLeading(state),
    )
    const heard = masters.map(
      ({ state }) => new Map(heardOf(state, schedule.now).map((one) => [one.cluster, one.forMs])),
    )
    for (const [cluster, authority] of authorities) {
      const ages = heard.flatMap((of) => of.get(cluster) ?? [])
      if (ages.length === 0) continue
      const silentForMs = Math.min(...ages)
      authority.input({ i: 'foreignSilence', reporters: ages.length, clusters: authorities.size, silentForMs })
    }
  }
  schedule.after(policy.recoverAfterMs / 6, tick)
}
