/** All routes but the posting of transactions (`submit-handler.ts`). */
import { BatonError } from '@baton/shared/errors'
import { HASH_PATTERN, type Hash, type Height } from '@baton/shared/ids'
import { httpDisagreement } from '@baton/shared/protocol/http'
import { Hono } from 'hono'
import { type Answer, type ApiReports, answerError, answerJson, masterHeaders } from './answer.ts'
import type { NodeService } from './node-service.ts'
import { type NodeRequest, OPERATOR_ROUTES, operatorRoutes } from './operator-routes.ts'
import { renderBlock, renderTransaction } from './render.ts'

export const ROUTES = [
  'POST /v1/transactions',
  'POST /v1/transactions/batch',
  'GET /v1/transactions/:id',
  'GET /v1/blocks/:height',
  'GET /v1/blocks/latest',
  'GET /v1/query?path=…',
  'GET /v1/masters',
  'GET /v1/status',
  'GET /health',
  'GET /master',
  'GET /standby',
  'GET /metrics',
  ...OPERATOR_ROUTES,
] as const

export function createRoutes(service: NodeService, { report, refused }: ApiReports): Hono<NodeRequest> {
  const app = new Hono<NodeRequest>()

  app.get('/v1/transactions/:id', (context) => {
    const id = context.req.param('id')
    if (!HASH_PATTERN.test(id)) throw new BatonError('BAD_REQUEST', `"${id}" is not a transaction id: 64 hex digits`)
    const found = service.transaction(id as Hash)
    if (found === null) {
      throw new BatonError('NOT_FOUND', `no decided block on this node has transaction ${id}`, {
        remedy: 'it may still be on its way: ask again, or send it again with the same bytes',
      })
    }
    return reply(answerJson(200, renderTransaction(found)))
  })

  app.get('/v1/blocks/:height', (context) => {
    const text = context.req.param('height')
    const height = text === 'latest' ? text : Number(text)
    if (height !== 'latest' && !(/^[1-9]\d{0,14}$/.test(text) && Number.isSafeInteger(height))) {
      throw new BatonError('BAD_REQUEST', `"${text}" is not a height: a whole number from 1, or latest`)
    }
    const found = service.block(height as Height | 'latest')
    if (found === null) throw new BatonError('NOT_FOUND', `this node has no block at height ${text}`)
    return reply(answerJson(200, renderBlock(found)))
  })

  app.get('/v1/query', (context) => {
    const path = context.req.query('path')
    if (path === undefined) throw new BatonError('BAD_REQUEST', 'the query has no path: /v1/query?path=record/KEY')
    return reply(answerJson(200, service.query(path)))
  })

  app.get('/v1/masters', () => reply(answerJson(200, service.masters(), masterHeaders(service.master()))))
  app.get('/v1/status', () => reply(answerJson(200, service.status(), masterHeaders(service.master()))))
  app.get('/health', () => {
    const health = service.health()
    return reply(answerJson(health.healthy ? 200 : 503, health))
  })
  app.get('/master', () => reply(roleAnswer(service, service.isMaster())))
  app.get('/standby', () => reply(roleAnswer(service, service.isStandby())))
  app.get('/metrics', async () => {
    const body = await service.metrics()
    return reply({ status: 200, body, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
  })

  operatorRoutes(app, service, refused)

  app.notFound((context) => {
    const { method, path } = context.req
    const version = httpDisagreement(path, 'this node')
    if (version !== null) {
      const remedy = 'upgrade the older of the two: `baton --version`'
      return reply(answerError(new BatonError('PROTOCOL_VERSION', version, { remedy }), `${method} ${path}`, report))
    }
    const error = new BatonError('NOT_FOUND', `${method} ${path} is no route of this node`, {
      remedy: `routes: ${ROUTES.join(', ')}`,
    })
    return reply(answerError(error, `${method} ${path}`, report))
  })
  app.onError((error, context) => reply(answerError(error, `${context.req.method} ${context.req.path}`, report)))
  return app
}

function roleAnswer(service: NodeService, holds: boolean): Answer {
  const { node, role } = service.status()
  return answerJson(holds ? 200 : 503, { node, role }, masterHeaders(service.master()))
}

function reply({ status, body, headers }: Answer): Response {
  return new Response(body, { status, headers })
}
