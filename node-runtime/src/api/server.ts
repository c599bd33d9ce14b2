import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LIMITS } from '@baton/shared/limits'
import { getRequestListener } from '@hono/node-server'
import type { Address } from '../config/types.ts'
import type { ReportError } from './answer.ts'
import { listen } from './listen.ts'
import type { NodeService } from './node-service.ts'
import { createRoutes } from './routes.ts'
import { handleSubmit } from './submit-handler.ts'

export interface ApiServer {
  /** Where it listens: the port is the real one when 0 was asked for. */
  readonly address: Address
  /** Stops accepting, lets running requests end for `graceMs`, then closes what is left. */
  stop(graceMs?: number): Promise<void>
}

export interface ApiOptions {
  readonly listen: Address
  /** Called with unexpected errors; stop the process on an `AssertionFailure`. */
  readonly report: ReportError
}

/** Load balancers keep idle connections for 60 s; closing earlier than they do would lose requests on their way. */
const KEEP_ALIVE_MS = 65_000

/** Starts the local HTTP API of a node. @throws BatonError PORT_TAKEN, CONFIG_INVALID */
export async function startApi(service: NodeService, { listen: address, report }: ApiOptions): Promise<ApiServer> {
  const routes = createRoutes(service, report)
  const listener = getRequestListener(routes.fetch, { overrideGlobalObjects: false })
  // A connection that was busy when `stop` was called would otherwise be kept alive after its answer.
  let stopping = false
  const closeIfStopping = () => {
    if (stopping) server.closeIdleConnections()
  }
  const server = createServer(
    {
      requestTimeout: LIMITS.apiRequestMs,
      headersTimeout: LIMITS.apiHeadersMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
      noDelay: true,
    },
    (request, response) => {
      response.once('finish', closeIfStopping)
      if (!handleSubmit(service, request, response, report)) void listener(request, response)
    },
  )
  server.maxConnections = LIMITS.apiConnections
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
