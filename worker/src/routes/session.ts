/** The control link of a node: a WebSocket that ends in the cluster's authority. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { codedError } from '../error-answer.ts'
import { clusterAuthority } from '../place.ts'
import { type AppContext, checkCluster } from './context.ts'

export function sessionRoute(app: OpenAPIHono<AppContext>): void {
  app.get('/v1/networks/:network/clusters/:cluster/session', async (context) => {
    const { network, cluster } = context.req.param()
    const known = checkCluster(context, network, cluster)
    if (context.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw codedError('BAD_REQUEST', 'this route is a WebSocket: send an upgrade')
    }
    const request = new Request(`https://authority/${known}`, context.req.raw)
    return clusterAuthority(context.env, context.var.config.genesis.network, known).fetch(request)
  })
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/v1/networks/{network}/clusters/{cluster}/session',
    summary: 'WebSocket of a node: challenge, then the control protocol as JSON text frames',
    responses: { 101: { description: 'Upgraded' } },
  })
}
