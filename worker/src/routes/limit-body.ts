/**
 * RG11: a body is read here, whole, within a size and a time, before anything else looks at it. One that is refused is recorded by whoever it was meant
 * for, within bounds.
 */
import type { ErrorCode } from '@baton/shared/errors'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { answerOf, codedError } from '../error-answer.ts'
import type { UnreadRequest } from '../objects/authority-api.ts'
import { clusterAuthority, networkDirectory } from '../place.ts'
import { sourceOf } from '../source.ts'
import type { AppContext } from './context.ts'

/** No route has matched yet. */
const OBJECT_PATH = /^\/v1\/networks\/(?<network>[^/]+)(?:\/clusters\/(?<cluster>[^/]+))?(?:\/|$)/

interface Unread {
  readonly code: ErrorCode
  readonly why: string
  /** Where it is not that of the code. */
  readonly status?: number
}
const OVERSIZED: Unread = { code: 'BODY_TOO_LARGE', why: `a body has at most ${LIMITS.controlBodyBytes} bytes` }
const SLOW: Unread = {
  code: 'BAD_REQUEST',
  why: `the body did not arrive within ${LIMITS.apiRequestMs / 1_000} s`,
  status: 408,
}
const CUT_SHORT: Unread = { code: 'BAD_REQUEST', why: 'the body ended before it was complete' }

/** After `requireConfig`. */
export const limitBody = createMiddleware<AppContext>(async (context, next) => {
  const { raw } = context.req
  if (raw.body === null) return next()
  const announced = Number(raw.headers.get('content-length') ?? 0)
  const read = announced > LIMITS.controlBodyBytes ? OVERSIZED : await readWhole(raw.body)
  if (!(read instanceof Blob)) {
    const { code, why, status } = read
    await record(context, { call: `${context.req.method} ${context.req.path}`, code, why })
    return answerOf(codedError(code, why), status)
  }
  context.req.raw = new Request(raw, { body: read })
  return next()
})

async function readWhole(body: ReadableStream<Uint8Array>): Promise<Blob | Unread> {
  const reader = body.getReader()
  const late = Promise.withResolvers<typeof SLOW>()
  const timer = setTimeout(() => late.resolve(SLOW), LIMITS.apiRequestMs)
  const refuse = (unread: Unread) => {
    // What comes yet is thrown away.
    reader.cancel(unread.why).catch(() => {})
    return unread
  }
  try {
    const chunks: Uint8Array[] = []
    let size = 0
    for (;;) {
      const read = await Promise.race([reader.read(), late.promise])
      if ('why' in read) return refuse(read)
      if (read.done) return new Blob(chunks)
      size += read.value.length
      if (size > LIMITS.controlBodyBytes) return refuse(OVERSIZED)
      chunks.push(read.value)
    }
  } catch {
    return CUT_SHORT
  } finally {
    clearTimeout(timer)
  }
}

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
