/** Is the Worker configured? The only route that answers without a valid configuration. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { readConfig } from '../env.ts'
import type { AppContext } from './context.ts'
import { json } from './responses.ts'
import { errorSchema } from './schemas.ts'

const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Health and configuration',
  responses: {
    200: json(
      'Healthy',
      z.object({ ok: z.literal(true), network: z.string(), clusters: z.int(), genesis: z.string() }),
    ),
    500: json('Not configured', errorSchema),
  },
})

export function healthRoute(app: OpenAPIHono<AppContext>): void {
  app.openapi(health, async (context) => {
    const read = await readConfig(context.env)
    if (!read.ok) return context.json(read.error.toJSON() as never, 500)
    const { genesis, genesisHash } = read.config
    const body = {
      ok: true as const,
      network: genesis.network,
      clusters: genesis.clusters.length,
      genesis: genesisHash,
    }
    return context.json(body, 200)
  })
}
