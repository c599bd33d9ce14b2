/** The HTTP face of the authentication node. Every error is coded and says what to do. */
import { explainIssues } from '@baton/shared/crypto/statement-schemas'
import { BatonError } from '@baton/shared/errors'
import { httpDisagreement } from '@baton/shared/protocol/http'
import { OpenAPIHono } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import { answerOf, errorAnswer } from './error-answer.ts'
import { actRoutes } from './routes/acts.ts'
import { clusterRoutes } from './routes/cluster.ts'
import { type AppContext, requireConfig } from './routes/context.ts'
import { healthRoute } from './routes/health.ts'
import { identityRoutes } from './routes/identity.ts'
import { insightRoutes } from './routes/insight.ts'
import { limitBody } from './routes/limit-body.ts'
import { networkRoutes } from './routes/network.ts'
import { requestRoutes } from './routes/requests.ts'
import { sessionRoute } from './routes/session.ts'

export function createApp(): OpenAPIHono<AppContext> {
  const app = new OpenAPIHono<AppContext>({
    defaultHook: (result) => (result.success ? undefined : errorAnswer('BAD_REQUEST', explainIssues(result.error))),
  })
  app.onError((error) => {
    if (error instanceof BatonError) return answerOf(error)
    if (error instanceof HTTPException) return errorAnswer('BAD_REQUEST', error.message)
    console.error('request failed', error)
    return errorAnswer('INTERNAL', 'the request failed; the log of the Worker says why')
  })
  app.notFound(({ req: { method, path } }) => {
    const version = httpDisagreement(path, 'the authentication node')
    if (version !== null) return errorAnswer('PROTOCOL_VERSION', version)
    return errorAnswer('NOT_FOUND', `no route ${method} ${path}`)
  })
  healthRoute(app)
  app.use(requireConfig)
  app.use(limitBody)
  networkRoutes(app)
  clusterRoutes(app)
  requestRoutes(app)
  identityRoutes(app)
  sessionRoute(app)
  actRoutes(app)
  insightRoutes(app)
  app.openAPIRegistry.registerComponent('securitySchemes', 'operator', { type: 'http', scheme: 'bearer' })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Baton authentication node', version: '1', license: { name: 'Apache-2.0' } },
  })
  return app
}
