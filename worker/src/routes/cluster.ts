/** One cluster: its registry and its event log. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { codedError } from '../error-answer.ts'
import { clusterAuthority } from '../place.ts'
import { type AppContext, checkCluster } from './context.ts'
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
    const { network, cluster } = context.req.valid('param')
    const known = checkCluster(context, network, cluster)
    const { genesis } = context.var.config
    const answer = await clusterAuthority(context.env, genesis.network, known).status(known)
    if (!answer.ok) throw codedError(answer.code, answer.why)
    return context.json(answer.value as never, 200)
  })
  const operators = app as unknown as OpenAPIHono<OperatorContext>
  operators.openapi(events, async (context) => {
    const { network, cluster } = context.req.valid('param')
    const { after, limit, wait } = context.req.valid('query')
    const known = checkCluster(context, network, cluster)
    const { genesis } = context.var.config
    const query = { after, limit, waitMs: wait * 1_000 }
    const caller = callOf(context, context.var.operator)
    const page = await clusterAuthority(context.env, genesis.network, known).events(known, query, caller)
    if (!page.ok) throw codedError(page.code, page.why)
    return context.json(pageOf(page.value, limit), 200)
  })
}
