/** What operators look at: could the cluster fail over, and its figures for Prometheus (ID7: any role). */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { clusterSamples } from '../metrics/cluster-metrics.ts'
import { renderMetrics } from '../metrics/prometheus-text.ts'
import { usageSamples } from '../metrics/usage.ts'
import { type AppContext, answered, authorityOf, directoryOf } from './context.ts'
import { type OperatorContext, operatorAccess } from './operator-access.ts'
import { json } from './responses.ts'
import { clusterPath, errorSchema, explanationSchema, networkPath } from './schemas.ts'

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

const networkMetrics = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/metrics',
  summary:
    'What the directory of the network uses of the platform, in the text format of Prometheus; for operators of any cluster',
  security: [{ operator: [] }],
  middleware: [operatorAccess('viewer')] as const,
  request: { params: networkPath },
  responses: { 200: { description: 'Metrics' }, default: json('Error', errorSchema) },
})

const TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }

export function insightRoutes(app: OpenAPIHono<AppContext>): void {
  const operators = app as unknown as OpenAPIHono<OperatorContext>
  operators.openapi(explain, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    return context.json(answered(await authority.explain(cluster)) as never, 200)
  })
  operators.openapi(metrics, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    const [status, explanation, usage] = await Promise.all([
      authority.status(cluster),
      authority.explain(cluster),
      authority.usage(cluster),
    ])
    const metrics = [...clusterSamples(answered(status), answered(explanation)), ...usageSamples(answered(usage))]
    return context.body(renderMetrics(metrics, { network: context.var.config.genesis.network, cluster }), 200, TEXT)
  })
  operators.openapi(networkMetrics, async (context) => {
    const { network } = context.req.valid('param')
    const usage = answered(await directoryOf(context, network).usage())
    return context.body(renderMetrics(usageSamples(usage), { network }), 200, TEXT)
  })
}
