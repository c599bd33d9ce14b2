/** ID8: what an owner has revoked is granted nothing, asks for nothing and is not helped by whoever knows of it. */
import type { NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import { type ClusterId, formatToken, type NodeId } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { Host } from '../host.ts'
import type { Scene } from './scene.ts'

const NOBODY: ReadonlySet<NodeId> = new Set()

export class RevokedKeys {
  readonly #scene: Scene
  /** What the process that runs has been told, whatever its machine has made of it. */
  readonly #told = new Map<Host, ReadonlySet<NodeId>>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  began(host: Host): void {
    this.#told.delete(host)
  }

  stepped(host: Host, before: NodeState, input: NodeInput, { send }: NodeStep): void {
    if (input.i === 'revoked') this.#told.set(host, new Set(input.nodes))
    const told = this.#told.get(host) ?? NOBODY
    if (told.size === 0) return
    for (const act of send) {
      if (act.s === 'claim' && told.has(host.node)) {
        const what = `${host.node} claims ${formatToken(act.claim)}, and knows that its key is revoked`
        this.#scene.breach('ID8 nothing is claimed under a revoked key', what)
      } else if (act.s === 'peer') this.#says(host, act.to, act.message, told)
      else if (act.s === 'reshape') this.#adds(host, before, act.syncSet, told)
    }
  }

  /** The authority has the notice on its disk before it acts on it: whom it knows of is read from there. */
  registryStepped(cluster: ClusterId, before: RegistryState, input: RegistryInput, step: RegistryStep): void {
    for (const write of step.write) {
      if (write.w !== 'grant' || !this.#scene.authorities.get(cluster)!.revoked.has(write.grant.node)) continue
      const what = `${cluster}: ${formatToken(write.grant)} is granted to ${write.grant.node}, whose key is revoked`
      this.#scene.breach('ID8 nothing is granted to a revoked key', what)
    }
    if (input.i === 'revoked') this.#ordersAway(cluster, before, input, step)
  }

  /** RG9: its votes count until it has been switched away from, so that is asked for at once. */
  #ordersAway(
    cluster: ClusterId,
    { registry: was }: RegistryState,
    { node, key }: Extract<RegistryInput, { i: 'revoked' }>,
    { state: { registry: is } }: RegistryStep,
  ): void {
    if (was.status !== 'founded' || is.status !== 'founded' || was.master !== node) return
    const member = was.members.get(node)
    if (member?.key !== key || member.revoked === true || is.orders.some((order) => order.node === node)) return
    this.#scene.breach('ID8 a revoked master is ordered away', `${cluster}: no order stands against ${node}`)
  }

  #says(host: Host, to: NodeId, message: PeerMessage, told: ReadonlySet<NodeId>): void {
    if (message.t !== 'preVoteAnswer' || !message.granted || !told.has(to)) return
    const what = `${host.node} tells ${to} to claim, and knows that its key is revoked`
    this.#scene.breach('ID8 nobody helps a revoked node to stand', what)
  }

  /** One that was asked for before the notice came is asked for again until the registry has answered. */
  #adds(host: Host, { guard: { role } }: NodeState, syncSet: readonly NodeId[], told: ReadonlySet<NodeId>): void {
    const counted = role.role === 'leading' ? [...role.required.syncSet, ...role.required.pending] : []
    const added = syncSet.find((node) => told.has(node) && !counted.includes(node))
    if (added === undefined) return
    const what = `${host.node} adds ${added} to the sync set, and knows that its key is revoked`
    this.#scene.breach('ID8 a revoked node is not added to the sync set', what)
  }
}
