/**
 * The registry of a cluster that is its own arbiter, as text: on the disks of its members, in the messages between them, and in the mirror at the
 * edge (MJ1). Fields that this version does not know stay in it, for members of two versions hand one value to each other.
 */
import { z } from 'zod'
import type { Created } from '../../core/registry/types.ts'
import { grant } from '../../crypto/statement-schemas.ts'
import { clusterPolicySchema } from '../../genesis-schema.ts'
import * as id from '../../id-schemas.ts'
import { LIMITS } from '../../limits.ts'
import { memberViewSchema, orderViewSchema, quarantineViewSchema, switchoverViewSchema } from '../control-schemas.ts'

const nodes = LIMITS.nodesPerCluster

export const memberSchema = memberViewSchema.extend({
  key: id.publicKey,
  expiresAt: id.unixMs,
  revoked: z.literal(true).optional(),
})

export const acknowledgedSchema = z.object({ token: id.token, durableIndex: id.logIndex })

const registered = {
  network: id.networkId,
  cluster: id.clusterId,
  founder: id.nodeId,
  policy: clusterPolicySchema,
  generation: id.generation,
  version: id.version,
  members: z.array(memberSchema).max(nodes),
  bars: id.nodeIds,
  quarantine: z.array(quarantineViewSchema).max(nodes),
  acknowledged: z.array(z.tuple([id.nodeId, acknowledgedSchema])).max(nodes),
  // A register has no backup, so nobody freezes or restores it (RG8).
  frozen: z.null(),
  restore: z.null(),
}

const operatorWord = { by: id.why, why: id.why }

const registrySchema = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('unfounded'), ...registered }),
  z.looseObject({
    status: z.literal('founded'),
    ...registered,
    epoch: id.grantedEpoch,
    master: id.nodeId,
    syncSet: id.nodeIds,
    syncSetVersion: id.version,
    coming: id.nodeId.nullable(),
    recovery: z.object({ lastClean: z.object({ token: id.token, syncSet: id.nodeIds }) }).nullable(),
    orders: z.array(orderViewSchema).max(LIMITS.ordersStanding),
    ordersSeen: z.array(id.nonce).max(LIMITS.ordersRemembered),
    pause: z.object({ ...operatorWord, until: id.unixMs }).nullable(),
    switchover: switchoverViewSchema.nullable(),
    switches: z.object({
      last: z.object({ at: id.unixMs, from: id.nodeId.nullable() }).nullable(),
      living: z.array(id.unixMs).max(4_000),
    }),
    fenced: z.object(operatorWord).nullable(),
    dataLoss: z.object({ ...operatorWord, node: id.nodeId }).nullable(),
    lastGrant: grant.omit({ network: true, cluster: true }).extend({ certificate: id.jws }),
    reshape: id.jws.nullable(),
  }),
])

/** Reads it back; whatever a sender has repeated in a list counts once. */
export const createdSchema = registrySchema.transform((json): Created => {
  const members = new Map(json.members.map((member) => [member.node, member] as const))
  return { ...json, members, acknowledged: new Map(json.acknowledged) } as Created
})

/** What `createdSchema` reads. */
export function registryJson(registry: Created): unknown {
  return { ...registry, members: [...registry.members.values()], acknowledged: [...registry.acknowledged] }
}
