/** What wrangler.toml says to the cloud, said to miniflare. */
import type { Genesis } from '@baton/shared/genesis'
import type { MiniflareOptions, WorkerdStructuredLog } from 'miniflare'

export interface AuthorityWorker {
  readonly port: number
  /** Text of the bundled Worker. */
  readonly script: string
  /** Folder of the Durable Objects' databases, absolute. */
  readonly databases: string
  readonly genesis: Genesis
  /** Text of the authority's private JWK. */
  readonly authorityKeyJwk: string
  /** What owners have signed about keys since genesis, one a line. */
  readonly authorityChanges?: string | undefined
  readonly onLog: (log: WorkerdStructuredLog) => void
}

const NAME = 'authority'
/** That of wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-10-23'
const DURABLE_OBJECT = { type: 'durable-object', storage: 'sqlite' } as const

export function miniflareOptions(worker: AuthorityWorker): MiniflareOptions {
  return {
    host: '127.0.0.1',
    port: worker.port,
    resourcePersistencePath: worker.databases,
    handleStructuredLogs: worker.onLog,
    // No download, no telemetry, no registry outside the folder, no call back into this process per request.
    cf: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    logRequests: false,
    workers: [
      {
        config: {
          name: NAME,
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: { mainModule: 'worker.js', modules: { 'worker.js': { type: 'esm', contents: worker.script } } },
          env: {
            GENESIS: { type: 'text', value: JSON.stringify(worker.genesis) },
            AUTHORITY_KEY: { type: 'text', value: worker.authorityKeyJwk },
            AUTHORITY_CHANGES: { type: 'text', value: worker.authorityChanges ?? '' },
            CLUSTER_AUTHORITY: { type: 'durable-object', worker: NAME, exportName: 'ClusterAuthority' },
            NETWORK_DIRECTORY: { type: 'durable-object', worker: NAME, exportName: 'NetworkDirectory' },
          },
          exports: { ClusterAuthority: DURABLE_OBJECT, NetworkDirectory: DURABLE_OBJECT },
        },
        dev: { cacheAPI: false },
      },
    ],
  }
}
