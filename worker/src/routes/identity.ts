/** Joining, renewing, and what owners say: signed requests, so that no route here trusts its caller (ID3, ID8). */
import * as id from '@baton/shared/id-schemas'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { sourceOf } from '../source.ts'
import { type AppContext, answered, authorityOf, directoryOf } from './context.ts'
import { json } from './responses.ts'
import { clusterPath, errorSchema, networkPath } from './schemas.ts'

const refused = json('Refused', errorSchema)

const join = createRoute({
  method: 'post',
  path: '/v1/networks/{network}/clusters/{cluster}/joins',
  summary: 'Use a join token: signed by the joining node (ID3)',
  request: {
    params: clusterPath,
    body: { required: true, ...json('Signed request', z.object({ request: id.jws }).openapi('JoinRequest')) },
  },
  responses: {
    200: json(
      'Joined',
      z.object({ cluster: z.string(), node: z.string(), usesLeft: z.int().nullable() }).openapi('Joined'),
    ),
    default: refused,
  },
})

const renewal = createRoute({
  method: 'post',
  path: '/v1/networks/{network}/clusters/{cluster}/renewals',
  summary: 'Have a renewal countersigned: signed by the node (ID8)',
  request: {
    params: clusterPath,
    body: { required: true, ...json('Signed renewal', z.object({ renewal: id.jws }).openapi('RenewalRequest')) },
  },
  responses: { 200: json('Renewed', z.object({ certificate: z.string() }).openapi('Renewed')), default: refused },
})

const nodes = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/clusters/{cluster}/nodes',
  summary: 'The nodes of a cluster: site, key, expiry, addresses, state',
  request: { params: clusterPath },
  responses: {
    200: json(
      'Nodes',
      z
        .object({
          nodes: z.array(
            z.object({
              cluster: z.string(),
              node: z.string(),
              site: z.string(),
              key: z.string(),
              peerAddress: z.string(),
              apiAddress: z.string(),
              expiresAt: z.int().openapi({ description: 'ms since 1970' }),
              revoked: z.boolean(),
              barred: z.boolean(),
              role: z.enum(['master', 'standby', 'ordinary']),
              session: z.enum(['open', 'closed', 'none']),
              reportAgeMs: z.number().nullable(),
            }),
          ),
        })
        .openapi('Nodes'),
    ),
    default: refused,
  },
})

const notice = createRoute({
  method: 'post',
  path: '/v1/networks/{network}/notices',
  summary: 'Take in an owner-signed notice, such as a revocation; anybody may carry it (ID8)',
  request: {
    params: networkPath,
    body: { required: true, ...json('Signed notice', z.object({ statement: id.jws }).openapi('Notice')) },
  },
  responses: {
    200: json('Taken in', z.object({ added: z.boolean() }).openapi('NoticeTaken')),
    default: refused,
  },
})

const notices = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/notices',
  summary: 'All owner-signed notices',
  request: { params: networkPath },
  responses: {
    200: json('Notices', z.object({ notices: z.array(z.string()) }).openapi('Notices')),
    default: refused,
  },
})

export function identityRoutes(app: OpenAPIHono<AppContext>): void {
  app.openapi(join, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    const answer = await authority.join(cluster, context.req.valid('json').request, sourceOf(context.req.raw))
    return context.json(answered(answer) as never, 200)
  })
  app.openapi(renewal, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    const answer = await authority.renew(cluster, context.req.valid('json').renewal, sourceOf(context.req.raw))
    return context.json(answered(answer) as never, 200)
  })
  app.openapi(nodes, async (context) => {
    const { cluster, authority } = authorityOf(context, context.req.valid('param'))
    return context.json({ nodes: answered(await authority.nodes(cluster)) } as never, 200)
  })
  app.openapi(notice, async (context) => {
    const directory = directoryOf(context, context.req.valid('param').network)
    const { statement } = context.req.valid('json')
    const { added } = answered(await directory.notice(statement, sourceOf(context.req.raw)))
    return context.json({ added }, 200)
  })
  app.openapi(notices, async (context) => {
    const directory = directoryOf(context, context.req.valid('param').network)
    return context.json({ notices: [...answered(await directory.notices())] }, 200)
  })
}
