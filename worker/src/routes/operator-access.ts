/** ID7: the one place where an operator's token and role are checked; what is refused here is an event of the cluster. */
import { bearerToken, verifyOperatorToken, withRole } from '@baton/shared/crypto/operator-token'
import type { OperatorRole, OperatorToken } from '@baton/shared/crypto/statement-types'
import { peekStatement } from '@baton/shared/crypto/statements'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { OperatorCall } from '../objects/authority-api.ts'
import { type AppContext, answered, authorityOf, checkNetwork } from './context.ts'

export interface OperatorContext {
  Bindings: AppContext['Bindings']
  Variables: AppContext['Variables'] & { operator: OperatorToken; authorization: Jws }
}

/** Lets through who has a token of the cluster in the path with this role or a higher one; 401 and 403 otherwise. */
export function operatorAccess(needed: OperatorRole) {
  return createMiddleware<OperatorContext>(async (context, next) => {
    const { network, cluster } = context.req.param() as { network: string; cluster?: string }
    checkNetwork(context, network)
    const known = cluster === undefined ? null : authorityOf(context, { network, cluster }).cluster
    const token = await tokenOf(context, known)
    const admitted = token.ok ? withRole(token.value, needed) : token
    const heardBy = known ?? (token.ok ? token.value.cluster : null)
    if (heardBy !== null) {
      const { authority } = authorityOf(context, { network, cluster: heardBy })
      const refusal = admitted.ok ? null : { code: admitted.code, why: admitted.why }
      // Whether a token was revoked is known there only.
      answered(await authority.admit(heardBy, { ...callOf(context, token.ok ? token.value : null), refusal }))
    }
    context.set('operator', answered(admitted))
    context.set('authorization', answered(authorizationOf(context)))
    return next()
  })
}

/** What is asked by whom, for the event when it is refused. */
export function callOf(context: Pick<Context, 'req'>, operator: OperatorToken | null): OperatorCall {
  return { call: `${context.req.method} ${context.req.path}`, operator, refusal: null }
}

async function tokenOf(context: Context<OperatorContext>, cluster: ClusterId | null): Promise<Result<OperatorToken>> {
  const bearer = authorizationOf(context)
  if (!bearer.ok) return bearer
  const token = bearer.value
  const { genesis } = context.var.config
  const read = peekStatement('operatorToken', token)
  const named = cluster ?? (read.ok ? (clusterOf(genesis, read.payload.cluster)?.cluster ?? null) : null)
  const { network } = genesis
  // Owners' keys may have been replaced since genesis: every authority knows of all of them (ID1).
  const owners = named === null ? null : await authorityOf(context, { network, cluster: named }).authority.owners(named)
  if (owners !== null && !owners.ok) return owners
  return verifyOperatorToken(owners?.value ?? genesis, cluster, token, Date.now() as UnixMs)
}

function authorizationOf(context: Pick<Context, 'req'>): Result<Jws> {
  return bearerToken(context.req.header('authorization') ?? null)
}
