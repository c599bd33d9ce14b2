/** The authority of one cluster in the world: the real registry machine over sessions that the world opens and closes. */

import { step } from '@baton/shared/core/registry/machine'
import type { RegistryInput, RegistrySend } from '@baton/shared/core/registry/messages'
import { type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import { grantOf, viewOf } from '@baton/shared/core/registry/view'
import type { ClusterPolicy } from '@baton/shared/genesis'
import type { ClusterId, Instant, NetworkId, NodeId, Token, UnixMs } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { credentialOf } from './statements.ts'

export interface AuthorityPorts {
  readonly now: () => Instant
  readonly deliver: (node: NodeId, send: RegistrySend, view: RegistryView | null) => void
  readonly granted: (view: RegistryView) => void
}

export class WorldAuthority {
  readonly cluster: ClusterId
  state: RegistryState
  up = true
  readonly sessions = new Map<string, NodeId>()
  /** Every grant ever made: node by token. */
  readonly grants: (Token & { readonly node: NodeId; readonly recovering: boolean; readonly at: Instant })[] = []
  readonly #ports: AuthorityPorts
  #registryOnDisk: RegistryState['registry']

  constructor(network: NetworkId, cluster: ClusterId, founder: NodeId, policy: ClusterPolicy, ports: AuthorityPorts) {
    this.cluster = cluster
    this.#ports = ports
    this.state = startAuthority({ status: 'absent' }, ports.now())
    this.#registryOnDisk = this.state.registry
    this.input({ i: 'create', network, cluster, founder, policy })
  }

  view(): RegistryView | null {
    const { registry } = this.state
    return registry.status === 'founded' ? viewOf(registry, credentialOf(grantOf(registry, registry.lastGrant))) : null
  }

  input(input: RegistryInput): void {
    const done = step(this.state, input, { now: this.#ports.now(), wallClock: this.#ports.now() as number as UnixMs })
    this.state = done.state
    this.#registryOnDisk = done.state.registry
    for (const write of done.write) {
      if (write.w === 'grant') {
        const { generation, epoch, node, recovering } = write.grant
        this.grants.push({ generation, epoch, node, recovering, at: this.#ports.now() })
      }
    }
    const view = this.view()
    for (const send of done.send) {
      if (send.s === 'directory' && view !== null) this.#ports.granted(view)
      for (const [session, node] of this.sessions) {
        const to = 'session' in send ? send.session : send.s === 'reply' ? send.to.channel : session
        if (to === session) this.#ports.deliver(node, send, view)
      }
      if (send.s === 'closeSession') this.sessions.delete(send.session)
    }
  }

  /** Its memory is gone, its storage is not. */
  restart(): void {
    this.sessions.clear()
    this.state = startAuthority(this.#registryOnDisk, this.#ports.now())
  }
}
