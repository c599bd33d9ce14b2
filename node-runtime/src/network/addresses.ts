/** Which ports and host names the nodes get. */
import { BatonError } from '@baton/shared/errors'
import { formatAddress } from '../config/address.ts'
import type { ClusterPlan, NodePlan } from './plan.ts'

/** `host:port` each. */
export interface NodeAddresses {
  readonly listen: { readonly peer: string; readonly api: string }
  readonly advertise: { readonly peer: string; readonly api: string }
}

export type AddressOf = (node: NodePlan, index: number) => NodeAddresses

/**
 * With one host for all nodes each gets the next two ports from `basePort`; with a template such as
 * `{node}.{site}.example.org` every node has the same two ports, listens on every interface and advertises its name.
 */
export function addressesFrom(host: string, basePort: number, clusters: readonly ClusterPlan[]): AddressOf {
  const perNode = host.includes('{node}')
  const count = perNode ? 1 : clusters.reduce((sum, { nodes }) => sum + nodes.length, 0)
  if (basePort < 1 || basePort + 2 * count > 65_536) {
    throw new BatonError(
      'BAD_REQUEST',
      `ports ${basePort} to ${basePort + 2 * count - 1} are not all from 1 to 65535`,
      {
        remedy: 'choose another --base-port',
      },
    )
  }
  return (node, index) => {
    const port = perNode ? basePort : basePort + 2 * index
    const name = host.replaceAll('{node}', node.node).replaceAll('{site}', node.site)
    const at = (listenHost: string) => ({
      peer: formatAddress({ host: listenHost, port }),
      api: formatAddress({ host: listenHost, port: port + 1 }),
    })
    return { listen: at(perNode ? '0.0.0.0' : name), advertise: at(name) }
  }
}

/** Two ports of the loopback interface per node, in the order of the plan: peer, api, peer, api … */
export function addressesOfPorts(ports: readonly number[]): AddressOf {
  return (_, index) => {
    const peer = formatAddress({ host: '127.0.0.1', port: ports[2 * index]! })
    const api = formatAddress({ host: '127.0.0.1', port: ports[2 * index + 1]! })
    return { listen: { peer, api }, advertise: { peer, api } }
  }
}
