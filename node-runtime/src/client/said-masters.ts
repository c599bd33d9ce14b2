/** Reads what nodes (`/v1/masters`) and the edge (`/v1/networks/…/masters`) say about masters: shapes only, plus the signature of the table. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { peekGrant } from '@baton/shared/crypto/credential'
import { credential } from '@baton/shared/crypto/statement-schemas'
import { verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import * as id from '@baton/shared/id-schemas'
import { type Jws, sameToken } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { z } from 'zod'
import type { SaidMaster } from './known-network.ts'

export interface Said {
  readonly masters: readonly SaidMaster[]
  /** `host:port` of further nodes. */
  readonly addresses: readonly string[]
  /** Which keys count since genesis (ID1). */
  readonly notices: readonly Jws[]
}

const listed = z.object({
  cluster: id.clusterId,
  generation: id.generation,
  epoch: id.epoch,
  node: id.nodeId,
  apiAddress: id.address.nullable().default(null),
})
const ofNode = z.object({
  masters: z.array(listed.extend({ credential })).max(LIMITS.clusters),
  nodes: z.array(z.object({ apiAddress: id.address })).max(LIMITS.clusters * LIMITS.nodesPerCluster),
  notices: z.array(id.jws).max(LIMITS.notices).default([]),
})
const noticesOfEdge = z.object({ notices: z.array(id.jws).max(LIMITS.notices) })
const ofEdge = z.object({ table: id.masterTableJws, masters: z.array(listed).max(LIMITS.clusters) })

/** @throws BatonError PEER_MALFORMED */
export function saidByNode(answer: unknown): Said {
  const { masters, nodes, notices } = parsed(ofNode, answer)
  return { masters, addresses: nodes.map(({ apiAddress }) => apiAddress), notices }
}

/**
 * The table is signed as a whole; each master's address stands beside it. Without genesis the table is taken as it is.
 * @throws BatonError PEER_MALFORMED, STATEMENT_INVALID for a table that no authority of genesis has signed
 */
export async function saidByEdge(answer: unknown, genesis: Trust | null): Promise<Said> {
  const { table, masters } = parsed(ofEdge, answer)
  if (genesis === null)
    return { masters: masters.map((one) => ({ ...one, credential: null })), addresses: [], notices: [] }
  const verified = await verifyStatement('masterTable', table, genesis.authorityKeys)
  if (!verified.ok) throw new BatonError(verified.code, `the master table of the edge: ${verified.why}`)
  if (verified.payload.network !== genesis.network) {
    throw new BatonError('STATEMENT_INVALID', `the master table is of network ${verified.payload.network}`)
  }
  const said = verified.payload.masters.flatMap((proof): SaidMaster[] => {
    const grant = peekGrant(proof.grant)
    if (!grant.ok) return []
    const { cluster, generation, epoch, node } = grant.value
    const beside = masters.find((one) => one.cluster === cluster && sameToken(one, grant.value))
    return [{ cluster, generation, epoch, node, apiAddress: beside?.apiAddress ?? null, credential: proof }]
  })
  return { masters: said, addresses: [], notices: [] }
}

/** @throws BatonError PEER_MALFORMED */
export function noticesOf(answer: unknown): readonly Jws[] {
  return parsed(noticesOfEdge, answer).notices
}

function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  throw new BatonError('PEER_MALFORMED', `an answer about masters that is none: ${result.error.issues[0]?.message}`)
}
