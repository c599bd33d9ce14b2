import type { StatementKind } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws } from '@baton/shared/ids'
import { AUTHORITY, NODE, OWNER_C1, PAYLOADS } from './fixed-network.ts'

/** Who signs each kind. */
export const SIGNERS = {
  grant: AUTHORITY,
  certificate: OWNER_C1,
  reshape: NODE,
  syncSet: AUTHORITY,
  claim: NODE,
  resignation: NODE,
  session: NODE,
  resultReport: NODE,
  findings: NODE,
  masterTable: AUTHORITY,
  joinToken: OWNER_C1,
  order: AUTHORITY,
  operatorToken: OWNER_C1,
  joinRequest: NODE,
  renewal: NODE,
  renewedCertificate: AUTHORITY,
  revocation: OWNER_C1,
  authorityKeys: OWNER_C1,
  ownerRotation: OWNER_C1,
  recordedRotation: AUTHORITY,
  grantVote: NODE,
  memberKey: OWNER_C1,
} as const satisfies Record<StatementKind, unknown>

export const KINDS = Object.keys(SIGNERS) as StatementKind[]

/** The sample payload of every kind, signed. */
export async function signedSamples(): Promise<Record<StatementKind, Jws>> {
  const signed = await Promise.all(
    KINDS.map(async (kind) => [kind, await signStatement(kind, PAYLOADS[kind], SIGNERS[kind].privateKey)] as const),
  )
  return Object.fromEntries(signed) as Record<StatementKind, Jws>
}
