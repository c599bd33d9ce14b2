/** NW4: two conflicting messages prove themselves, to whoever verifies them. */
import type { AuditInput, Reporter } from '@baton/shared/core/audit/types'
import { verifyEd25519 } from '@baton/shared/crypto/ed25519'
import type { Mastership, SaidValue, StatedEquivocation } from '@baton/shared/crypto/statement-types'
import type { NetworkId } from '@baton/shared/ids'
import { sameToken } from '@baton/shared/ids'
import { readEquivocation, signBytesOf } from '@baton/shared/protocol/findings'
import { failure, type Result, success } from '@baton/shared/result'

type Evidence = Extract<AuditInput, { readonly i: 'evidence' }>

/**
 * The evidence as the audit takes it in, when both messages verify to holders of the tokens that they name; `STATEMENT_INVALID`
 * otherwise. `masterships`: verified ones, the table's among them.
 */
export async function verifyEquivocation(
  network: NetworkId,
  stated: StatedEquivocation,
  masterships: readonly Mastership[],
): Promise<Result<Evidence>> {
  const { cluster, height, round, type } = stated
  const what = `the ${type} of ${cluster} at height ${height}, round ${round}`
  const acts = readEquivocation(stated)
  if (acts === null) return failure('STATEMENT_INVALID', `${what} is none`)
  const said: Evidence['first'][] = []
  for (const [value, act] of [[stated.first, acts.first] as const, [stated.second, acts.second] as const]) {
    const holder = masterships.find((one) => one.cluster === cluster && sameToken(one, value))
    if (holder === undefined) return failure('STATEMENT_INVALID', `nobody is known to have held the token of ${what}`)
    if (!(await verifyEd25519(holder.key, signBytesOf(network, act), act.signature))) {
      return failure('STATEMENT_INVALID', `${holder.node} has not signed ${what}`)
    }
    said.push({ by: reporterOf(holder), value: (value satisfies SaidValue).block })
  }
  const act = { height: acts.first.height, round: acts.first.round, type }
  return success({ i: 'evidence', act, first: said[0]!, second: said[1]! })
}

export function reporterOf({ cluster, generation, epoch, node }: Reporter): Reporter {
  return { cluster, generation, epoch, node }
}
