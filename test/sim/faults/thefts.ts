/** ID4: a thief has the key of an authority. It shows a node a registry of its own making, and grants cleanly what the node then asks for. */
import type { Grant } from '@baton/shared/crypto/statement-types'
import { sameToken, type Version } from '@baton/shared/ids'
import type { Host } from '../../support/world/host.ts'
import type { Random } from '../../support/world/random.ts'
import { credentialOf, openCredential } from '../../support/world/statements.ts'
import { masterAndStandby } from './cast.ts'
import type { Fault, Stage } from './stage.ts'

const ASKS_WITHIN_MS = 6_000
const REMOVED_WITHIN_MS = 5_000
const HIDDEN_MS = 8_000

export const theftFaults = {
  /** To a node that its master's sync set does not name. */
  grantToAnOrdinary: {
    weight: 0.3,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!isShownAway(stage, host)) return null
      lure(stage, host)
      return host.node
    },
  },
  /** To a node that its master has just removed, and that has been told so. */
  grantToARemoved: {
    weight: 0.3,
    strike: (stage, random) => {
      const pair = removable(stage, random)
      if (pair === null) return null
      const { master, standby } = pair
      stage.world.cut(master.node, standby.node)
      stage.during(REMOVED_WITHIN_MS + HIDDEN_MS, () => stage.world.mend(master.node, standby.node))
      stage.once(
        () => isShownAway(stage, standby),
        10,
        REMOVED_WITHIN_MS,
        () => lure(stage, standby),
      )
      return `${standby.node}, removed by ${master.node}`
    },
  },
} satisfies Record<string, Fault>

/** A thief has nothing to take where the members keep the register (MJ1). */
function removable(stage: Stage, random: Random): { readonly master: Host; readonly standby: Host } | null {
  const pair = masterAndStandby(stage, random)
  if (pair === null || stage.world.authorities.get(pair.master.cluster)!.arbiter === 'majority') return null
  return pair
}

/** The newest registry says, by its master's own statement, that this node is not in the sync set, and the node has heard that. */
function isShownAway({ world }: Stage, host: Host): boolean {
  const { registry } = world.authorities.get(host.cluster)!.state
  if (!host.alive || host.frozen || registry.status !== 'founded' || registry.frozen !== null) return false
  const { reshaped, arbiter } = world.authorities.get(host.cluster)!
  if (arbiter === 'majority' || reshaped === null || !sameToken(reshaped.reshape, registry)) return false
  const { own, view, role, asked } = host.state.election
  if (role.r !== 'follower' || asked !== null || view?.version !== registry.version) return false
  return own !== null && sameToken(own.token, registry) && !registry.syncSet.includes(host.node)
}

/** Nobody else reaches the node: it takes the sync set, in which it finds itself, for dead. */
function lure(stage: Stage, host: Host): void {
  const { world } = stage
  const others = world.nodesOf(host.cluster).filter((other) => other !== host)
  for (const other of others) world.cut(host.node, other.node)
  world.cutEdge(host.node)
  stage.during(HIDDEN_MS, () => {
    for (const other of others) world.mend(host.node, other.node)
    world.mendEdge(host.node)
  })
  const view = host.state.election.view!
  const version = (view.version + 1) as Version
  host.feed({ i: 'authority', up: true, challenge: null })
  host.feed({ i: 'view', view: { ...view, version, syncSet: [view.master, host.node] } })
  const { life } = host
  const asks = () => host.life === life && host.state.election.asked !== null
  stage.once(asks, 5, ASKS_WITHIN_MS, () => grantAsked(host))
}

/** Signed with the stolen key. */
function grantAsked(host: Host): void {
  const { asked, view } = host.state.election
  if (asked === null || view === null) return
  const grant: Grant = {
    network: view.network,
    cluster: host.cluster,
    ...asked.token,
    version: (view.version + 1) as Version,
    node: host.node,
    syncSet: [host.node],
    recovering: false,
    coming: null,
    nonce: asked.nonce,
    issuedAt: 0 as Grant['issuedAt'],
  }
  const opened = openCredential(credentialOf(grant))
  if (opened !== null) host.feed({ i: 'granted', from: null, grants: [opened] })
}
