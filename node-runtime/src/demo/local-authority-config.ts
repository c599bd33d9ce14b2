/** The configuration of a local workerd that runs the authentication node: what wrangler.toml says to the cloud. */

export interface WorkerdPaths {
  /** The bundled Worker, relative to the configuration file. */
  readonly script: string
  /** Folder of the Durable Objects' databases, absolute. */
  readonly state: string
}

const CLASSES = ['ClusterAuthority', 'NetworkDirectory'] as const
const BINDINGS = { ClusterAuthority: 'CLUSTER_AUTHORITY', NetworkDirectory: 'NETWORK_DIRECTORY' } as const

/** Cap'n Proto text for `workerd serve`; genesis and key come from the environment of the process. */
export function workerdConfig(port: number, compatibilityDate: string, { script, state }: WorkerdPaths): string {
  const bindings = CLASSES.map((name) => `(name = "${BINDINGS[name]}", durableObjectNamespace = "${name}")`)
  const namespaces = CLASSES.map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "authority", worker = .authority),
    (name = "state", disk = (path = ${JSON.stringify(state)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "authority")],
);
const authority :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${JSON.stringify(script)})],
  compatibilityDate = "${compatibilityDate}",
  bindings = [
    (name = "GENESIS", fromEnvironment = "GENESIS"),
    (name = "AUTHORITY_KEY", fromEnvironment = "AUTHORITY_KEY"),
    ${bindings.join(',\n    ')},
  ],
  durableObjectNamespaces = [
    ${namespaces.join(',\n    ')},
  ],
  durableObjectStorage = (localDisk = "state"),
);
`
}
