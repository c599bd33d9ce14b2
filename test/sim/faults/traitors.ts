/**
 * Clusters that lie. Their nodes run the real core; what leaves them is changed on its way, signed with their own keys, so that every
 * correct cluster sees well-made lies. All traitors work together.
 */
import { unreachable } from '@baton/shared/assert'
import { buildBlock } from '@baton/shared/codec/block'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { type ClusterId, compareTokens, type Hash, type Height, type NodeId, type Round } from '@baton/shared/ids'
import type { PeerMessage, ProposalMessage } from '@baton/shared/protocol/peer'
import { blockOf } from '../../support/world/decoded.ts'
import type { Slander } from '../../support/world/directory.ts'
import type { Host } from '../../support/world/host.ts'
import { KeyedHashSigner, type Signer } from '../../support/world/signatures.ts'
import { keyOf } from '../../support/world/statements.ts'
import type { World } from '../../support/world/world.ts'
import type { RunSpec, Treachery } from '../run/spec.ts'
import { miscounting } from './miscounting.ts'

export class Traitors {
  readonly #kinds: ReadonlyMap<string, Treachery>
  readonly #twins = new Map<Hash, { readonly hash: Hash; readonly bytes: Uint8Array }>()
  #signer: Signer = new KeyedHashSigner()
  #world: World | null = null

  /** The last clusters of the network are the traitors. */
  constructor({ clusters, traitors }: RunSpec) {
    this.#kinds = new Map(traitors.map((kind, n) => [`c${clusters - n}`, kind]))
  }

  enter(world: World): void {
    this.#world = world
    this.#signer = world.signer
    for (const host of world.hosts.values()) {
      const kind = this.#kinds.get(host.cluster)
      if (kind === undefined) continue
      host.traitor = true
      if (kind === 'wrongResults') host.ownApplication = miscounting(world.application)
    }
  }

  /** What is said to `to` in place of `message`; null: nothing. */
  tamper(host: Host, to: NodeId, message: PeerMessage): PeerMessage | null {
    const kind = this.#kinds.get(host.cluster)
    if (kind === 'staleVotes') return this.#underOldToken(host, to, message)
    if (kind === undefined || (message.t !== 'vote' && message.t !== 'proposal')) return message
    switch (kind) {
      case 'silent':
        return null
      case 'wrongProposals':
        return message.t === 'proposal' ? { ...message, body: message.body.slice(0, -1) } : message
      case 'equivocates':
        return this.#toldTwice(to) ? this.#lie(host, message) : message
      case 'wrongResults':
      case 'slanders':
        return message
      default:
        return unreachable(kind)
    }
  }

  /**
   * Reports to the directory that the first cluster has no part in any height, and that its proposals are invalid; every slanderer says the
   * same. Of its own results it tells the truth.
   */
  slander: Slander = (host, report, masters) => {
    const victim = masters.get('c1' as ClusterId)
    if (this.#kinds.get(host.cluster) !== 'slanders' || victim === undefined) return { report, accusations: [] }
    const { cluster, generation, epoch, node, results } = report
    const heights = results.map(({ height }) => height)
    const all = { from: Math.min(...heights), to: Math.max(...heights) }
    const missed =
      heights.length === 0
        ? []
        : [{ ...all, cluster: victim.cluster, generation: victim.generation, epoch: victim.epoch }]
    const by = { cluster, generation, epoch, node }
    const accusations = results.map(({ height }) => {
      return { i: 'accusation', by, against: victim, height: height as Height, round: 0 as Round } as const
    })
    return { report: { ...report, missed }, accusations }
  }

  /** Keeps its switch from the others, and goes on voting under the token before, with the key of its master of then. */
  #underOldToken(host: Host, to: NodeId, message: PeerMessage): PeerMessage | null {
    if (this.#world?.hosts.get(to)?.cluster === host.cluster) return message
    if (message.t === 'inform' || message.t === 'hello') return null
    if (message.t !== 'vote') return message
    const { vote } = message
    const grants = this.#world?.authorities.get(host.cluster)?.grants ?? []
    const old = grants.findLast((grant) => compareTokens(grant, vote) < 0)
    if (old === undefined) return message
    const { generation, epoch, node } = old
    const stale = { ...vote, generation, epoch }
    return { t: 'vote', vote: { ...stale, signature: this.#signer.vote(keyOf(node), stale) } }
  }

  /** One half of the correct clusters hears one story, the other half another. */
  #toldTwice(to: NodeId): boolean {
    const cluster = this.#world?.hosts.get(to)?.cluster as ClusterId
    return !this.#kinds.has(cluster) && Number(cluster.slice(1)) % 2 === 0
  }

  #lie(host: Host, message: Extract<PeerMessage, { t: 'vote' | 'proposal' }>): PeerMessage {
    const key = keyOf(host.node)
    if (message.t === 'proposal') return this.#twinProposal(host, message)
    const { vote } = message
    const twin = vote.block === null ? undefined : this.#twins.get(vote.block)
    if (twin === undefined) return message
    const lie = { ...vote, block: twin.hash }
    return { t: 'vote', vote: { ...lie, signature: this.#signer.vote(key, lie) } }
  }

  #twinProposal(host: Host, message: ProposalMessage): PeerMessage {
    const twin = this.#twinOf(message)
    const proposal = { ...message.proposal, block: twin.hash }
    return {
      t: 'proposal',
      proposal: { ...proposal, signature: this.#signer.proposal(keyOf(host.node), proposal) },
      body: twin.bytes,
    }
  }

  /** A block as good as the proposed one, a millisecond later. */
  #twinOf({ proposal, body }: ProposalMessage): { readonly hash: Hash; readonly bytes: Uint8Array } {
    const known = this.#twins.get(proposal.block)
    if (known !== undefined) return known
    const block = blockOf(body)
    const header = { ...block.header, time: block.header.time + 1 }
    const { hash, bytes } = buildBlock(sha256, { ...block, header })
    const twin = { hash, bytes }
    this.#twins.set(proposal.block, twin)
    return twin
  }
}
