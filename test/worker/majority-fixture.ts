/** A cluster whose members are its own arbiter (MJ1), as the edge hears of it: what they have decided, and what a majority of them has signed. */
import { step } from '@baton/shared/core/registry/machine'
import type { RegistryEvent, RegistryInput } from '@baton/shared/core/registry/messages'
import { type FoundedRegistry, type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import { grantOf } from '@baton/shared/core/registry/view'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { assembleGrant } from '@baton/shared/crypto/majority-grant'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Epoch, Instant, Jws, NodeId, Token, UnixMs } from '@baton/shared/ids'
import { writeValue } from '@baton/shared/protocol/arbiter/messages'
import { founderOf, keyOf, MEMBERS, NETWORK, OWN_ARBITER, POLICY } from './network.ts'
import { TestNode } from './test-node.ts'

const [A, , C] = MEMBERS as [NodeId, NodeId, NodeId]
/** A majority of the three. */
export const TWO = [A, C] as const

/** The registry as its members have it, decided without anybody's help. */
export class Members {
  state: RegistryState = startAuthority({ status: 'absent' }, 0 as Instant)
  nodes: readonly TestNode[] = []

  async found(): Promise<void> {
    this.nodes = await Promise.all(['a', 'b', 'c'].map((letter) => TestNode.make(OWN_ARBITER, letter)))
    this.decide({
      i: 'create',
      network: NETWORK,
      cluster: OWN_ARBITER,
      founder: founderOf(OWN_ARBITER),
      policy: POLICY,
    })
    for (const { node, keys, certificate } of this.nodes) {
      const said = { peerAddress: `${node}:7000`, apiAddress: `${node}:8000`, priority: 0, noFailover: false }
      const member = {
        node,
        site: 'x' as never,
        certificate,
        key: keys.publicKey,
        expiresAt: 4_102_444_800_000 as UnixMs,
      }
      this.decide({ i: 'memberSeen', member: { ...member, ...said }, nonce: `${node}/1` })
    }
  }

  get registry(): FoundedRegistry {
    if (this.state.registry.status !== 'founded') throw new Error('not founded')
    return this.state.registry
  }

  decide(input: RegistryInput): readonly RegistryEvent[] {
    const taken = step(this.state, input, { now: 1_000_000 as Instant, wallClock: 1 as UnixMs })
    this.state = taken.state
    return taken.events
  }

  /** An order against the master, and the grant that follows it: the next epoch, after what is recorded or after another token. */
  switchTo(node: NodeId, after: Token = this.registry): void {
    const { registry } = this
    const { generation } = after
    const grant = {
      ...registry.lastGrant,
      generation,
      epoch: (after.epoch + 1) as Epoch,
      node,
      nonce: `${node}/2`,
      version: (registry.version + 1) as never,
    }
    const certificate = this.nodes.find((each) => each.node === node)!.certificate
    const next = { ...registry, generation, epoch: grant.epoch, master: node, version: grant.version, syncSet: [node] }
    this.state = { ...this.state, registry: { ...next, lastGrant: { ...grant, syncSet: [node], certificate } } }
  }

  async proof(
    signers: readonly NodeId[] = TWO,
    change: object = {},
    keys: ReadonlyMap<NodeId, KeyPair> = new Map(),
  ): Promise<Jws> {
    const grant = grantOf(this.registry, this.registry.lastGrant)
    const votes = signers.map(async (node) => {
      const { privateKey } = keys.get(node) ?? (await keyOf(`node ${node}`))
      return [
        node,
        await signStatement('grantVote', { ...grant, ...change, ballot: { counter: 3, node: A } }, privateKey),
      ] as const
    })
    return assembleGrant(new Map(await Promise.all(votes)))
  }

  async value(proof?: Jws): Promise<string> {
    return writeValue({ registry: this.registry, proof: proof ?? (await this.proof()) })
  }
}
