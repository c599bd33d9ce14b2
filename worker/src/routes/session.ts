/** The control link of a node: a WebSocket that ends in the cluster's authority. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { codedError } from '../error-answer.ts'
import { type AppContext, authorityOf } from './context.ts'

export function sessionRoute(app: OpenAPIHono<AppContext>): void {
  app.get('/v1/networks/:network/clusters/:cluster/session', async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.param())
    if (context.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw codedError('BAD_REQUEST', 'this route is a WebSocket: send an upgrade')
    }
    return authority.fetch(new Request(`https://authority/${cluster}`, context.req.raw))
  })
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/v1/networks/{network}/clusters/{cluster}/session',
    summary: 'WebSocket of a node: challenge, then the control protocol as JSON text frames',
    responses: { 101: { description: 'Upgraded' } },
  })
}
