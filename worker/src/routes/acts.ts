/** The acts of operators: `POST …/acts/{act}`, each with its role (ID7). */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { UnixMs } from '@baton/shared/ids'
import { ACTS, actStatus } from '@baton/shared/protocol/operator-acts'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { codedError } from '../error-answer.ts'
import { type AppContext, authorityOf } from './context.ts'
import { type OperatorContext, operatorAccess } from './operator-access.ts'
import { json } from './responses.ts'
import { actAnswerSchema, clusterPath, refusalSchema } from './schemas.ts'

export function actRoutes(app: OpenAPIHono<AppContext>): void {
  const operators = app as unknown as OpenAPIHono<OperatorContext>
  for (const name of Object.keys(ACTS) as OperatorAction['act'][]) {
    const { role, summary, body, action } = ACTS[name]
    const route = createRoute({
      method: 'post',
      path: `/v1/networks/{network}/clusters/{cluster}/acts/${name}`,
      summary,
      description: `Role: ${role}. Every call is an event, a refused one too.`,
      security: [{ operator: [] }],
      middleware: [operatorAccess(role)] as const,
      request: { params: clusterPath, body: { required: true, ...json('Why, and what it is about', body) } },
      responses: { 200: json('Done', actAnswerSchema), default: json('Refused', refusalSchema) },
    })
    operators.openapi(route, async (context) => {
      const { cluster, authority } = authorityOf(context, context.req.valid('param'))
      const asked = context.req.valid('json')
      const answer = await authority.operate(cluster, {
        operator: context.var.operator,
        authorization: context.var.authorization,
        why: asked.why,
        against: asked.against ?? null,
        dryRun: asked.dryRun,
        action: action(asked, Date.now() as UnixMs),
      })
      if (answer.ok) return context.json({ ...answer, dryRun: asked.dryRun } as never, 200)
      const { code, why, retryAfterMs, state } = answer
      const refusal = { ...codedError(code, why).toJSON(), retryAfterMs, state }
      return context.json(refusal as never, actStatus(code) as never)
    })
  }
}
