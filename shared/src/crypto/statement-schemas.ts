/**
 * Schemas of the statement payloads. A field that this version does not know is accepted and left out of the parsed payload
 * (versions N and N−1 read each other); the signed text itself is what is stored and passed on, so nothing is lost.
 */
import { z } from 'zod'
import * as id from '../id-schemas.ts'
import { LIMITS } from '../limits.ts'
import { OPERATOR_ROLES, type StatementKind, type StatementPayloads } from './statement-types.ts'

const inCluster = { network: id.networkId, cluster: id.clusterId }
const underToken = { ...inCluster, generation: id.generation, epoch: id.grantedEpoch }

export const credential = z.object({ grant: id.jws, certificate: id.jws })

export const grant = z.object({
  ...underToken,
  version: id.version,
  node: id.nodeId,
  syncSet: id.nodeIds,
  recovering: z.boolean(),
  coming: id.nodeId.nullable(),
  nonce: id.nonce,
  issuedAt: id.unixMs,
})

/** MJ1. */
export const grantVote = grant.extend({ ballot: z.object({ counter: z.int().positive(), node: id.nodeId }) })

export const certificate = z.object({
  ...inCluster,
  node: id.nodeId,
  key: id.publicKey,
  site: id.siteId,
  issuedAt: id.unixMs,
  expiresAt: id.unixMs,
  renewUntil: id.unixMs.optional(),
  token: id.jws.optional(),
})

export const reshape = z.object({
  ...underToken,
  version: id.version,
  node: id.nodeId,
  syncSet: id.nodeIds,
})

export const syncSet = z.object({
  ...underToken,
  version: id.version,
  syncSet: id.nodeIds,
  reshape: id.jws.nullable(),
})

export const claimEvidence = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('refused') }),
  z.object({ kind: z.literal('silence'), forMs: id.count }),
  z.object({ kind: z.literal('resigned'), resignation: id.jws }),
  z.object({ kind: z.literal('own') }),
  z.object({ kind: z.literal('ordered'), order: id.nonce }),
  z.object({ kind: z.literal('planned'), switchover: id.nonce }),
  z.object({ kind: z.literal('lost'), forMs: id.count }),
])

export const claim = z.object({
  ...underToken,
  version: id.version,
  node: id.nodeId,
  nonce: id.nonce,
  evidence: claimEvidence,
  durableIndex: id.logIndex,
  coming: id.nodeId.nullable(),
})

export const resignation = z.object({ ...underToken, node: id.nodeId, to: id.nodeId })

export const session = z.object({
  ...inCluster,
  node: id.nodeId,
  challenge: id.nonce,
  peerAddress: id.address,
  apiAddress: id.address,
  protocol: id.protocolRange,
  priority: z.int(),
  noFailover: z.boolean(),
})

export const resultReport = z.object({
  ...underToken,
  node: id.nodeId,
  results: z
    .array(
      z.object({
        height: id.count,
        block: id.hash.nullable(),
        result: id.hash.nullable(),
      }),
    )
    .max(LIMITS.resultsPerReport),
  missed: z
    .array(
      z.object({
        cluster: id.clusterId,
        generation: id.generation,
        epoch: id.grantedEpoch,
        from: id.count,
        to: id.count,
      }),
    )
    .max(LIMITS.missedRuns)
    .optional(),
  heard: z
    .array(z.object({ cluster: id.clusterId, forMs: id.count.nullable() }))
    .max(LIMITS.clusters)
    .default([]),
})

const saidValue = z.object({
  generation: id.generation,
  epoch: id.grantedEpoch,
  block: id.hash.nullable(),
  validRound: z.int().min(-1).nullable(),
  signature: z.string().regex(/^[\w-]{86}$/, 'an Ed25519 signature in base64url'),
})

export const findings = z.object({
  ...underToken,
  node: id.nodeId,
  credentials: z.array(credential).max(2 * LIMITS.evidencePerStatement),
  evidence: z
    .array(
      z.object({
        cluster: id.clusterId,
        height: id.count,
        round: id.count,
        type: z.enum(['proposal', 'prevote', 'precommit']),
        first: saidValue,
        second: saidValue,
      }),
    )
    .max(LIMITS.evidencePerStatement),
  accusations: z
    .array(
      z.object({
        cluster: id.clusterId,
        generation: id.generation,
        epoch: id.grantedEpoch,
        node: id.nodeId,
        height: id.count,
        round: id.count,
      }),
    )
    .max(LIMITS.accusationsPerStatement),
})

export const masterTable = z.object({
  network: id.networkId,
  version: id.count,
  masters: z.array(credential).max(LIMITS.clusters),
})

export const joinToken = z.object({
  ...inCluster,
  id: id.nonce,
  key: id.publicKey,
  uses: z.int().positive(),
  issuedAt: id.unixMs,
  expiresAt: id.unixMs,
  site: id.siteId.optional(),
  node: id.nodeId.optional(),
  renewUntil: id.unixMs.optional(),
})

export const joinRequest = z.object({ ...inCluster, node: id.nodeId, certificate: id.jws, at: id.unixMs })

export const renewal = z.object({
  ...inCluster,
  node: id.nodeId,
  certificate: id.jws,
  issuedAt: id.unixMs,
  expiresAt: id.unixMs,
})

export const renewedCertificate = z.object({ ...inCluster, node: id.nodeId, renewal: id.jws, issuedAt: id.unixMs })

export const revocation = z.object({
  ...inCluster,
  id: id.nonce,
  subject: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('node'), node: id.nodeId, key: id.publicKey }),
    z.object({ kind: z.literal('token'), token: id.nonce }),
    z.object({ kind: z.literal('operator'), operator: id.nonce }),
  ]),
  reason: z.string().max(LIMITS.operatorTextCharacters),
  at: id.unixMs,
})

export const order = z.object({
  ...underToken,
  id: id.nonce,
  node: id.nodeId,
  cause: z.enum(['threshold', 'operator']),
  why: id.why,
  issuedAt: id.unixMs,
})

export const operatorToken = z.object({
  ...inCluster,
  name: id.operatorName,
  role: z.enum(OPERATOR_ROLES),
  id: id.nonce,
  issuedAt: id.unixMs,
  expiresAt: id.unixMs,
})

export const authorityKeys = z.object({
  ...inCluster,
  sequence: z.int().positive(),
  keys: z.array(id.publicKey).min(1).max(8),
  retired: z
    .array(
      z.object({
        key: id.publicKey,
        upTo: z
          .array(z.object({ cluster: id.clusterId, generation: id.generation, epoch: id.epoch }))
          .max(LIMITS.clusters),
      }),
    )
    .max(8),
})

export const ownerRotation = z.object({
  ...inCluster,
  sequence: z.int().positive(),
  from: id.publicKey,
  to: id.publicKey,
  issuedAt: id.unixMs,
  until: id.unixMs,
})

export const recordedRotation = z.object({ ...inCluster, rotation: id.jws })

export const memberKey = z.object({
  ...inCluster,
  node: id.nodeId,
  sequence: z.int().positive(),
  from: id.publicKey,
  to: id.publicKey,
  reason: z.string().max(LIMITS.operatorTextCharacters),
  issuedAt: id.unixMs,
})

export const STATEMENT_SCHEMAS: { readonly [Kind in StatementKind]: z.ZodType<StatementPayloads[Kind]> } = {
  grant,
  reshape,
  syncSet,
  certificate,
  claim,
  resignation,
  session,
  resultReport,
  findings,
  masterTable,
  joinToken,
  order,
  operatorToken,
  joinRequest,
  renewal,
  renewedCertificate,
  revocation,
  authorityKeys,
  ownerRotation,
  recordedRotation,
  grantVote,
  memberKey,
}

/** Longest compact JWS of a kind, in characters. */
export function statementLimit(kind: StatementKind): number {
  if (kind === 'findings') return LIMITS.findingsCharacters
  return kind === 'masterTable' ? LIMITS.masterTableCharacters : LIMITS.statementCharacters
}

/** The first things wrong with an input, one line: `syncSet.0: …; nonce: …`. */
export function explainIssues(error: z.ZodError): string {
  const lines = error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`)
  return lines.join('; ').slice(0, LIMITS.whyCharacters)
}
