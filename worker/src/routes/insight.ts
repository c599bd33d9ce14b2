/** What operators look at: could the cluster fail over, and its figures for Prometheus (ID7: any role). */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { codedError } from '../error-answer.ts'
import { renderClusterMetrics } from '../metrics/cluster-metrics.ts'
import { clusterAuthority } from '../place.ts'
import { type AppContext, checkCluster } from './context.ts'
import { type OperatorContext, operatorAccess } from './operator-access.ts'
import { json } from './responses.ts'
import { clusterPath, errorSchema, explanationSchema } from './schemas.ts'

const shared = { request: { params: clusterPath }, security: [{ operator: [] }] }

const explain = createRoute({
  ...shared,
  method: 'get',
  path: '/v1/networks/{network}/clusters/{cluster}/explain',
  summary: 'Could it fail over right now, to whom, and what is missing',
  middleware: [operatorAccess('viewer')] as const,
  responses: { 200: json('In words and in figures', explanationSchema), default: json('Error', errorSchema) },
})

const metrics = createRoute({
  ...shared,
  method: 'get',
  path: '/v1/networks/{network}/clusters/{cluster}/metrics',
  summary: 'Figures of a cluster as the authority sees it, in the text format of Prometheus',
  middleware: [operatorAccess('viewer')] as const,
  responses: { 200: { description: 'Metrics' }, default: json('Error', errorSchema) },
})

export function insightRoutes(app: OpenAPIHono<AppContext>): void {
  const operators = app as unknown as OpenAPIHono<OperatorContext>
  operators.openapi(explain, async (context) => {
    const { network, cluster } = context.req.valid('param')
    const known = checkCluster(context, network, cluster)
    const told = await clusterAuthority(context.env, context.var.config.genesis.network, known).explain(known)
    if (!told.ok) throw codedError(told.code, told.why)
    return context.json(told.value as never, 200)
  })
  operators.openapi(metrics, async (context) => {
    const { network, cluster } = context.req.valid('param')
    const known = checkCluster(context, network, cluster)
    const authority = clusterAuthority(context.env, context.var.config.genesis.network, known)
    const [status, explanation] = await Promise.all([authority.status(known), authority.explain(known)])
    if (!status.ok) throw codedError(status.code, status.why)
    if (!explanation.ok) throw codedError(explanation.code, explanation.why)
    const body = renderClusterMetrics(context.var.config.genesis.network, status.value, explanation.value)
    return context.body(body, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
}
