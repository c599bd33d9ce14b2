/** What this node shows in its sessions with the authority (ID5). */
import type { Jws } from '@baton/shared/ids'
import type { SessionIdentity } from '../adapters/control-link/session.ts'
import type { NodeConfig } from '../config/types.ts'
import type { NodeIdentity } from '../identity/load-identity.ts'

/** @param certificate the newest: it is renewed while the node runs */
export function sessionIdentity(config: NodeConfig, identity: NodeIdentity, certificate: () => Jws): SessionIdentity {
  const { genesis, cluster, node, advertise, priority, noFailover } = config
  const addresses = { peerAddress: advertise.peer, apiAddress: advertise.api }
  return {
    get certificate() {
      return certificate()
    },
    privateKey: identity.keys.privateKey,
    proof: { network: genesis.network, cluster, node, ...addresses, priority, noFailover },
  }
}
