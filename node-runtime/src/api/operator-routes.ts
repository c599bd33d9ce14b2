/** MJ1: the operators' routes of the cluster that this node is an arbiter of: the same paths and answers as at the authentication node. */
import { bearerToken } from '@baton/shared/crypto/operator-token'
import { BatonError } from '@baton/shared/errors'
import type { Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { ACTS, actStatus } from '@baton/shared/protocol/operator-acts'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { answerJson } from './answer.ts'
import type { NodeService } from './node-service.ts'
import type { OperatorDesk } from './operator-desk.ts'

const CLUSTER = '/v1/networks/:network/clusters/:cluster'

export const OPERATOR_ROUTES = [`GET ${CLUSTER}`, `GET ${CLUSTER}/explain`, `POST ${CLUSTER}/acts/:act`] as const

export function operatorRoutes(app: Hono, service: NodeService): void {
  app.get(CLUSTER, async (context) => {
    const desk = deskFor(context, service)
    await desk.admit(authorization(context), 'viewer')
    return json(200, desk.status())
  })
  app.get(`${CLUSTER}/explain`, async (context) => {
    const desk = deskFor(context, service)
    await desk.admit(authorization(context), 'viewer')
    return json(200, desk.explain())
  })
  const limit = bodyLimit({
    maxSize: LIMITS.controlBodyBytes,
    onError: () => {
      throw new BatonError('BODY_TOO_LARGE', `a body of more than ${LIMITS.controlBodyBytes} bytes`)
    },
  })
  app.post(`${CLUSTER}/acts/:act`, limit, async (context) => {
    const desk = deskFor(context, service)
    const name = context.req.param('act')
    if (!isAct(name)) {
      throw new BatonError('NOT_FOUND', `there is no act ${name}`, { remedy: `acts: ${Object.keys(ACTS).join(', ')}` })
    }
    const operator = await desk.admit(authorization(context), ACTS[name].role)
    const answer = await desk.act(operator, name, await bodyOf(context))
    if (answer.ok) return json(200, answer)
    const { code, why, retryAfterMs, state } = answer
    const refusal = { ...new BatonError(code, why).toJSON(), retryAfterMs, state }
    return json(actStatus(code), refusal)
  })
}

function deskFor(context: Context, { operators, status }: NodeService): OperatorDesk {
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
function authorization(context: Context): Jws {
  const token = bearerToken(context.req.header('authorization') ?? null)
  if (!token.ok) throw new BatonError(token.code, token.why)
  return token.value
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json()
  } catch (error) {
    if (error instanceof BatonError) throw error
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
