/** Claims and reshapes over HTTP, for a node or a peer that has no session. Signed and version-bound: repeats do no harm. */
import { ERROR_CODES } from '@baton/shared/errors'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { codedError } from '../error-answer.ts'
import type { StatementKindOverHttp } from '../objects/authority-api.ts'
import { sourceOf } from '../source.ts'
import { type AppContext, authorityOf } from './context.ts'
import { json } from './responses.ts'
import { clusterPath, refusalSchema, registrySchema, requestBody } from './schemas.ts'

const PATHS: { readonly [Kind in StatementKindOverHttp]: string } = { claim: 'claims', reshape: 'reshapes' }
const SUMMARIES: { readonly [Kind in StatementKindOverHttp]: string } = {
  claim: 'Claim the next epoch of a cluster (RG2)',
  reshape: 'Change the sync set of a cluster (RG4)',
}

export function requestRoutes(app: OpenAPIHono<AppContext>): void {
  for (const kind of ['claim', 'reshape'] as const) {
    const route = createRoute({
      method: 'post',
      path: `/v1/networks/{network}/clusters/{cluster}/${PATHS[kind]}`,
      summary: SUMMARIES[kind],
      request: { params: clusterPath, body: { required: true, ...json('Signed statement', requestBody) } },
      responses: {
        200: json('Granted', z.object({ ok: z.literal(true), state: registrySchema })),
        default: json('Refused', refusalSchema),
      },
    })
    app.openapi(route, async (context) => {
      const { cluster, authority } = authorityOf(context, context.req.valid('param'))
      const { statement, certificate } = context.req.valid('json')
      const answer = await authority.request(cluster, kind, statement, certificate, sourceOf(context.req.raw))
      if (answer.ok) return context.json(answer as never, 200)
      const { code, why, retryAfterMs, state } = answer
      const body = { ...codedError(code, why).toJSON(), retryAfterMs, state }
      return context.json(body as never, ERROR_CODES[code].status as never)
    })
  }
}
