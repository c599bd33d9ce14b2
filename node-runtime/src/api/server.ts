import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { BatonError } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Address } from '../config/types.ts'
import { type ApiReports, answerError, type ReportError } from './answer.ts'
import { listen } from './listen.ts'
import type { NodeService } from './node-service.ts'
import { refuseBroken } from './refuse-broken.ts'
import { createRoutes } from './routes.ts'
import { handleSubmit } from './submit-handler.ts'

export interface ApiServer {
  /** Where it listens: the port is the real one when 0 was asked for. */
  readonly address: Address
  /** Stops accepting, lets running requests end for `graceMs`, then closes what is left. */
  stop(graceMs?: number): Promise<void>
}

export interface ApiOptions extends ApiReports {
  readonly listen: Address
  /** Time for the whole of a request to arrive, and for its headers. Default: `LIMITS.apiRequestMs`, `LIMITS.apiHeadersMs`. */
  readonly requestMs?: number
  readonly headersMs?: number
}

/** Load balancers keep idle connections for 60 s; closing earlier than they do would lose requests on their way. */
const KEEP_ALIVE_MS = 65_000

/** Starts the local HTTP API of a node. @throws BatonError PORT_TAKEN, CONFIG_INVALID */
export async function startApi(service: NodeService, options: ApiOptions): Promise<ApiServer> {
  const { listen: address, report, refused, requestMs = LIMITS.apiRequestMs, headersMs = LIMITS.apiHeadersMs } = options
  const routes = createRoutes(service, options)
  const listener = getRequestListener(routes.fetch, {
    overrideGlobalObjects: false,
    // A client of HTTP/1.0 names no host, and nothing here asks for one.
    hostname: 'node',
    errorHandler: (error) => unreadable(error, report),
  })
  // A connection that was busy when `stop` was called would otherwise be kept alive after its answer.
  let stopping = false
  /** The newest answer on each connection. */
  const answers = new WeakMap<Duplex, ServerResponse>()
  const closeIfStopping = () => {
    if (stopping) server.closeIdleConnections()
  }
  const server = createServer(
    {
      requireHostHeader: false,
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(1_000, headersMs),
      maxHeaderSize: 16 * 1024,
      noDelay: true,
    },
    (request, response) => {
      response.once('finish', closeIfStopping)
      answers.set(request.socket, response)
      if (!handleSubmit(service, request, response, options)) void listener(request, response)
    },
  )
  server.maxConnections = LIMITS.apiConnections
  server.on('clientError', (error, socket) => refuseBroken(error, socket, answers.get(socket), refused))
  await listen(server, address, 'listen.api')
  const { port } = server.address() as AddressInfo
  return {
    address: { host: address.host, port },
    stop(graceMs = 2_000) {
      stopping = true
      return new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      })
    },
  }
}

/** API2: a request line or `host` that makes no URL, before any route has seen it. */
function unreadable(error: unknown, report: ReportError): Response {
  const coded = error instanceof RequestError ? new BatonError('BAD_REQUEST', error.message) : error
  const { status, body, headers } = answerError(coded, 'a request', report)
  return new Response(body, { status, headers })
}
