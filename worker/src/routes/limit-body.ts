/** RG11: an oversized body is refused by its size, before anything reads it; whoever it was meant for records that, within bounds. */
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { errorAnswer } from '../error-answer.ts'
import type { UnreadRequest } from '../objects/authority-api.ts'
import { clusterAuthority, networkDirectory } from '../place.ts'
import { sourceOf } from '../source.ts'
import type { AppContext } from './context.ts'

/** No route has matched yet. */
const OBJECT_PATH = /^\/v1\/networks\/(?<network>[^/]+)(?:\/clusters\/(?<cluster>[^/]+))?(?:\/|$)/

/** After `requireConfig`. */
export const limitBody = bodyLimit({
  maxSize: LIMITS.controlBodyBytes,
  onError: async (context: Context<AppContext>) => {
    const why = `a body has at most ${LIMITS.controlBodyBytes} bytes`
    await record(context, { call: `${context.req.method} ${context.req.path}`, code: 'BODY_TOO_LARGE', why })
    return errorAnswer('BODY_TOO_LARGE', why)
  },
})

/** Nowhere, when its path names no object of genesis: a new name must not create one. */
async function record(context: Context<AppContext>, request: UnreadRequest): Promise<void> {
  const { genesis } = context.var.config
  const { network, cluster } = OBJECT_PATH.exec(context.req.path)?.groups ?? {}
  if (network !== genesis.network) return
  const source = sourceOf(context.req.raw)
  const known = cluster === undefined ? null : clusterOf(genesis, cluster as ClusterId)
  try {
    if (cluster === undefined) await networkDirectory(context.env, genesis.network).unread(request, source)
    else if (known !== null) {
      await clusterAuthority(context.env, genesis.network, known.cluster).unread(known.cluster, request, source)
    }
  } catch (error) {
    // What is refused is refused, also while its object cannot be reached.
    console.warn('a refusal was not recorded', error)
  }
}
