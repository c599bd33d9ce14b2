/** One cluster: its registry and its event log. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { type AppContext, answered, authorityOf } from './context.ts'
import { callOf, type OperatorContext, operatorAccess } from './operator-access.ts'
import { json, pageOf } from './responses.ts'
import { clusterPath, errorSchema, eventsSchema, followQuery, statusSchema } from './schemas.ts'

const status = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/clusters/{cluster}',
  summary: 'The registry of a cluster, and what is heard of its members',
  request: { params: clusterPath },
  responses: { 200: json('Status', statusSchema), default: json('Error', errorSchema) },
})

const events = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/clusters/{cluster}/events',
  summary: 'Hash-chained events of a cluster, oldest first; with `wait` the answer waits for the next one',
  security: [{ operator: [] }],
  middleware: [operatorAccess('viewer')] as const,
  request: { params: clusterPath, query: followQuery },
  responses: { 200: json('A page of events', eventsSchema), default: json('Error', errorSchema) },
})

export function clusterRoutes(app: OpenAPIHono<AppContext>): void {
  app.openapi(status, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    return context.json(answered(await authority.status(cluster)) as never, 200)
  })
  const operators = app as unknown as OpenAPIHono<OperatorContext>
  operators.openapi(events, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    const { after, limit, wait } = context.req.valid('query')
    const query = { after, limit, waitMs: wait * 1_000 }
    const page = answered(await authority.events(cluster, query, callOf(context, context.var.operator)))
    return context.json(pageOf(page, limit), 200)
  })
}
