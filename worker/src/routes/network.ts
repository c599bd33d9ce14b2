/** The network: its genesis, and who is master where. */

import { toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { genesisSchema } from '@baton/shared/genesis-schema'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type AppContext, answered, checkNetwork, directoryOf } from './context.ts'
import { type OperatorContext, operatorAccess } from './operator-access.ts'
import { json, pageOf } from './responses.ts'
import { errorSchema, eventsQuery, eventsSchema, mastersSchema, networkPath } from './schemas.ts'

const network = createRoute({
  method: 'get',
  path: '/v1/networks/{network}',
  summary: 'The genesis document',
  request: { params: networkPath },
  responses: {
    200: json('Genesis', z.object(genesisSchema.shape).openapi('Genesis')),
    default: json('Error', errorSchema),
  },
})

const masters = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/masters',
  summary: 'The signed master table',
  description:
    'Cheap to poll: with the ETag of the last answer in If-None-Match it answers 304 while nothing has changed.',
  request: { params: networkPath, headers: z.object({ 'if-none-match': z.string().optional() }) },
  responses: {
    200: json('Master table', mastersSchema),
    304: { description: 'It is the one that If-None-Match names.' },
    default: json('Error', errorSchema),
  },
})

const events = createRoute({
  method: 'get',
  path: '/v1/networks/{network}/events',
  summary: 'Hash-chained events of the network, oldest first; for operators of any of its clusters',
  security: [{ operator: [] }],
  middleware: [operatorAccess('viewer')] as const,
  request: { params: networkPath, query: eventsQuery },
  responses: { 200: json('A page of events', eventsSchema), default: json('Error', errorSchema) },
})

export function networkRoutes(app: OpenAPIHono<AppContext>): void {
  app.openapi(network, (context) => {
    checkNetwork(context, context.req.valid('param').network)
    return context.json(context.var.config.genesis as never, 200)
  })
  app.openapi(masters, async (context) => {
    const {
      version,
      table,
      masters: listed,
    } = answered(await directoryOf(context, context.req.valid('param').network).table())
    const body = { version, table, masters: [...listed] }
    // Over the whole answer: an address can change under one version of what is signed.
    const etag = `"${sha256(toUtf8(JSON.stringify(body)))}"`
    context.header('etag', etag)
    context.header('cache-control', 'no-cache')
    const known = context.req.valid('header')['if-none-match']?.split(',') ?? []
    if (known.some((tag) => tag.trim().replace(/^W\//, '') === etag)) return context.body(null, 304)
    return context.json(body, 200)
  })
  const operators = app as unknown as OpenAPIHono<OperatorContext>
  operators.openapi(events, async (context) => {
    const directory = directoryOf(context, context.req.valid('param').network)
    const { after, limit } = context.req.valid('query')
    return context.json(pageOf(answered(await directory.events(after, limit)), limit), 200)
  })
}
