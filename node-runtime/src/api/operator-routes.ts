/** MJ1: the operators' routes of the cluster that this node is an arbiter of: the same paths and answers as at the authentication node. */

import type { IncomingMessage } from 'node:http'
import { bearerToken } from '@baton/shared/crypto/operator-token'
import type { OperatorRole, OperatorToken } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { ACTS, actStatus } from '@baton/shared/protocol/operator-acts'
import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import { answerJson, type ReportRefusal } from './answer.ts'
import type { NodeService } from './node-service.ts'
import type { OperatorDesk } from './operator-desk.ts'
import { readBody } from './read-body.ts'

const CLUSTER = '/v1/networks/:network/clusters/:cluster'

export const OPERATOR_ROUTES = [`GET ${CLUSTER}`, `GET ${CLUSTER}/explain`, `POST ${CLUSTER}/acts/:act`] as const

/** What a route has beside the web `Request`: Node's own. */
export interface NodeRequest {
  Bindings: HttpBindings
}

export function operatorRoutes(app: Hono<NodeRequest>, service: NodeService, refused: ReportRefusal): void {
  /** RG11: who is refused is told of, so that a token that somebody tries out is seen. */
  async function admit(desk: OperatorDesk, context: Context<NodeRequest>, role: OperatorRole): Promise<OperatorToken> {
    try {
      return await desk.admit(authorization(context), role)
    } catch (error) {
      if (error instanceof BatonError) {
        const { code, message: why } = error
        const source = context.env.incoming.socket.remoteAddress ?? 'unknown'
        refused({ event: 'operator-refused', kind: code, source, code, why: `${context.req.path}: ${why}` })
      }
      throw error
    }
  }
  app.get(CLUSTER, async (context) => {
    const desk = deskFor(context, service)
    await admit(desk, context, 'viewer')
    return json(200, desk.status())
  })
  app.get(`${CLUSTER}/explain`, async (context) => {
    const desk = deskFor(context, service)
    await admit(desk, context, 'viewer')
    return json(200, desk.explain())
  })
  app.post(`${CLUSTER}/acts/:act`, async (context) => {
    const desk = deskFor(context, service)
    const name = context.req.param('act')
    if (!isAct(name)) {
      throw new BatonError('NOT_FOUND', `there is no act ${name}`, { remedy: `acts: ${Object.keys(ACTS).join(', ')}` })
    }
    const operator = await admit(desk, context, ACTS[name].role)
    const answer = await desk.act(operator, name, await bodyOf(context.env.incoming, refused))
    if (answer.ok) return json(200, answer)
    const { code, why, retryAfterMs, state } = answer
    const refusal = { ...new BatonError(code, why).toJSON(), retryAfterMs, state }
    return json(actStatus(code), refusal)
  })
}

function deskFor(context: Context<NodeRequest>, { operators, status }: NodeService): OperatorDesk {
  const { network, cluster } = context.req.param() as { network: string; cluster: string }
  const own = status()
  if (network !== own.network || cluster !== own.cluster) {
    throw new BatonError(
      'UNKNOWN_CLUSTER',
      `this node is of ${own.network}/${own.cluster}, not of ${network}/${cluster}`,
    )
  }
  if (operators !== null) return operators
  throw new BatonError(
    'NOT_FOUND',
    `the registry of ${cluster} is kept by the authentication node, not by its members`,
    {
      remedy: 'ask the authentication node: --authority-url',
    },
  )
}

/** @throws BatonError UNAUTHENTICATED when there is none */
function authorization(context: Context<NodeRequest>): Jws {
  const token = bearerToken(context.req.header('authorization') ?? null)
  if (!token.ok) throw new BatonError(token.code, token.why)
  return token.value
}

/** Not Hono's `bodyLimit`: for a body without a `content-length` it makes a global `Request` of the adapter's own, which is none. */
async function bodyOf(request: IncomingMessage, refused: ReportRefusal): Promise<unknown> {
  const body = await readBody(request, LIMITS.controlBodyBytes, refused)
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
  } catch {
    throw new BatonError('BAD_REQUEST', 'the body is not JSON')
  }
}

function isAct(name: string): name is keyof typeof ACTS {
  return Object.hasOwn(ACTS, name)
}

function json(status: number, value: unknown): Response {
  const { body, headers } = answerJson(status, value)
  return new Response(body, { status, headers })
}
