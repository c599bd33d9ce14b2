/** Reading the genesis document: shape, keys, duplicates and timing relations (ID1, ID6). */
import { z } from 'zod'
import { encodeCanonical } from './codec/cbor.ts'
import type { HashFunction } from './core/step.ts'
import type { Genesis, GenesisCluster } from './genesis.ts'
import { auditProblem, genesisAuditSchema } from './genesis-audit.ts'
import { timingProblem } from './genesis-timings.ts'
import * as id from './id-schemas.ts'
import type { ClusterId, Hash } from './ids.ts'
import { parseJson } from './json-text.ts'
import { LIMITS } from './limits.ts'
import { failure, type Result } from './result.ts'

const milliseconds = z.int().positive().max(86_400_000)

export const clusterPolicySchema = z.strictObject({
  heartbeatMs: milliseconds,
  suspectAfterMs: milliseconds,
  masterTtlMs: milliseconds,
  startupGraceMs: milliseconds,
  durability: z.enum(['preferred', 'required']),
  syncReplicas: z
    .int()
    .nonnegative()
    .max(LIMITS.nodesPerCluster - 1),
  recoverAfterMs: milliseconds,
  recovery: z.enum(['automatic', 'operator']),
  settleTimeMs: milliseconds,
  switchesPerHour: z.int().positive().max(3_600),
  barsEnd: z.enum(['verified', 'operator']).optional(),
})

const majorityArbiterSchema = z.strictObject({
  kind: z.literal('majority'),
  members: z
    .array(z.strictObject({ node: id.nodeId, key: id.publicKey }))
    .min(3)
    .max(LIMITS.nodesPerCluster),
})

const genesisClusterSchema = z.strictObject({
  cluster: id.clusterId,
  ownerKeys: z.array(id.publicKey).min(1).max(8),
  founder: id.nodeId,
  policy: clusterPolicySchema,
  arbiter: majorityArbiterSchema.optional(),
})

/** Strict: the hash covers the whole document, so a field that this version does not know cannot be passed over. */
export const genesisSchema = z.strictObject({
  format: z.literal('baton-genesis/1'),
  network: id.networkId,
  createdAt: z.iso.datetime(),
  authorityKeys: z.array(id.publicKey).min(1).max(8),
  application: z.string().min(1).max(64),
  heartbeatBlockMs: milliseconds,
  clusters: z.array(genesisClusterSchema).min(1).max(LIMITS.clusters),
  audit: genesisAuditSchema.optional(),
})

/** `GENESIS_INVALID` with the first problems; never throws. */
export function parseGenesis(text: string): Result<Genesis> {
  const parsed = parseJson(genesisSchema, text, 'GENESIS_INVALID', 'the genesis document')
  if (!parsed.ok) return parsed
  const problem = contradiction(parsed.value)
  return problem === null ? parsed : failure('GENESIS_INVALID', problem)
}

/** Identity of the network: hash of the canonical CBOR of the whole document. */
export function genesisHash(hash: HashFunction, genesis: Genesis): Hash {
  return hash(encodeCanonical(genesis))
}

/** Null when the network has no such cluster. */
export function clusterOf<Cluster extends GenesisCluster>(
  genesis: { readonly clusters: readonly Cluster[] },
  cluster: ClusterId,
): Cluster | null {
  return genesis.clusters.find((candidate) => candidate.cluster === cluster) ?? null
}

function contradiction(genesis: Genesis): string | null {
  const { clusters, authorityKeys } = genesis
  const cluster = firstRepeated(clusters.map((candidate) => candidate.cluster))
  if (cluster !== null) return `cluster ${cluster} occurs twice`
  const founder = firstRepeated(clusters.map((candidate) => candidate.founder))
  if (founder !== null) return `node ${founder} is the founder of two clusters`
  // An owner with two clusters would have two votes; an authority that owns a cluster could admit nodes (ID1, ID4).
  // A host with the key of two members would have two votes (MJ1).
  const members = clusters.flatMap(({ arbiter }) => arbiter?.members ?? [])
  const keys = [...authorityKeys, ...clusters.flatMap(({ ownerKeys }) => ownerKeys), ...members.map(({ key }) => key)]
  const key = firstRepeated(keys)
  if (key !== null) return `key ${key} occurs twice among the keys of the authority, the owners and the members`
  const member = firstRepeated(members.map(({ node }) => node))
  if (member !== null) return `node ${member} is named twice among the members that are arbiters`
  for (const candidate of clusters) {
    const problem = timingProblem(candidate.policy)
    if (problem !== null) return `cluster ${candidate.cluster}: ${problem}`
    const { founder, arbiter } = candidate
    if (arbiter !== undefined && !arbiter.members.some(({ node }) => node === founder)) {
      return `cluster ${candidate.cluster}: its founder ${founder} is not among the members that are its arbiter`
    }
  }
  return auditProblem(genesis)
}

function firstRepeated<T>(values: readonly T[]): T | null {
  const seen = new Set<T>()
  for (const value of values) {
    if (seen.has(value)) return value
    seen.add(value)
  }
  return null
}
