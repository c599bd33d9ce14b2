/** MJ1: a cluster whose members are its arbiter, as its object at the edge serves it: it mirrors what they decide, and submits what others want of them. */
import { grantOf } from '@baton/shared/core/registry/view'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { peekGrant, verifyCredential } from '@baton/shared/crypto/credential'
import type { GenesisCluster } from '@baton/shared/genesis'
import { type Jws, sameToken } from '@baton/shared/ids'
import { readValue } from '@baton/shared/protocol/arbiter/messages'
import type { EdgeAsk, OrderView, RegistryView, ToAuthority } from '@baton/shared/protocol/control'
import { restoreRefusal } from '@baton/shared/protocol/operator-acts'
import { failure, type Result, success } from '@baton/shared/result'
import type { OperatorAnswer, OperatorRequest, OrderAnswer } from '../authority-api.ts'
import { MemberAsks } from './member-asks.ts'
import type { Mirror, Mirrored } from './mirror.ts'
import { orderState } from './order-answer.ts'
import type { Refusals } from './refusals.ts'
import type { Attachment, Sockets } from './sockets.ts'

type Open = Extract<Attachment, { phase: 'open' }>
type Frame<T extends ToAuthority['t']> = Extract<ToAuthority, { readonly t: T }>

export interface MembersArbiterParts {
  readonly cluster: GenesisCluster
  readonly trust: Trust
  readonly mirror: Mirror
  readonly sockets: Sockets
  readonly refusals: Refusals
  /** The registry as it is shown to people. */
  readonly view: () => Promise<RegistryView | null>
  /** A newer grant is mirrored: the directory must learn of it. */
  readonly onGrant: () => void
}

export class MembersArbiter {
  readonly #parts: MembersArbiterParts
  readonly asks: MemberAsks

  constructor(parts: MembersArbiterParts) {
    this.#parts = parts
    const { cluster, sockets, mirror } = parts
    const members = cluster.arbiter?.members ?? []
    this.asks = new MemberAsks({ members, policy: cluster.policy, sockets, registry: () => mirror.state.registry })
  }

  /** A member tells what is decided; what does not verify changes nothing. */
  async mirrored(open: Open, { value, events }: Frame<'mirror'>): Promise<void> {
    const { mirror, refusals, onGrant } = this.#parts
    if (!this.asks.isMember(open.node)) {
      return refusals.frame(open, failure('PEER_UNEXPECTED', `${open.node} is no arbiter of its cluster`))
    }
    const verified = await this.#verify(value)
    if (!verified.ok) return refusals.frame(open, verified)
    if (mirror.show(verified.value, events, open.node)) onGrant()
  }

  asked(open: Open, { request, outcome, events }: Frame<'asked'>): void {
    if (this.asks.answered(open, request, { outcome, events })) return
    // Late: whoever waited has gone on to the next member. Another session's answer is none.
    if (this.asks.isMember(open.node)) return
    this.#parts.refusals.frame(open, failure('PEER_UNEXPECTED', 'this session was asked nothing'))
  }

  /** Null: a dry run, which is judged by what is mirrored. */
  async operate({ authorization, action, why, against, dryRun }: OperatorRequest): Promise<OperatorAnswer | null> {
    const never = restoreRefusal(action.act, this.#parts.cluster.cluster)
    if (never !== null) return this.#refused('BAD_REQUEST', never)
    if (dryRun) return null
    const said = { authorization, why, action, ...(against === null ? {} : { against }) }
    const asked = await this.asks.ask({ kind: 'operator', ...said })
    if (asked === null) return this.#refused('UNREACHABLE', this.#silent)
    const state = await this.#parts.view()
    const { outcome, events } = asked
    return outcome.ok ? { ok: true, state, events } : { ...outcome, state, events }
  }

  async order(order: OrderView, bars: boolean): Promise<OrderAnswer> {
    const ask: EdgeAsk = { kind: 'order', order, bars }
    const asked = await this.asks.ask(ask)
    // Asked again: an order that is not recorded is not given up.
    if (asked === null) throw new Error(this.#silent)
    const { outcome } = asked
    return orderState(this.#parts.mirror.state.registry, order.id, outcome.ok ? null : outcome.why)
  }

  get #silent(): string {
    return `no member of ${this.#parts.cluster.cluster} has answered`
  }

  async #refused(code: 'BAD_REQUEST' | 'UNREACHABLE', why: string): Promise<OperatorAnswer> {
    return { ok: false, code, why, retryAfterMs: null, state: await this.#parts.view(), events: [] }
  }

  /** Of this cluster, and with the grant that a majority of its members has signed. */
  async #verify(text: string): Promise<Result<Mirrored>> {
    const { cluster, trust } = this.#parts
    const read = readValue(text)
    if (!read.ok) return read
    const { registry, proof } = read.value
    if (registry.status !== 'founded' || proof === null) return invalid('nothing is granted in it')
    if (registry.network !== trust.network || registry.cluster !== cluster.cluster)
      return invalid('it is of another cluster')
    const { lastGrant } = registry
    if (registry.founder !== cluster.founder) return invalid('it has another founder than genesis says')
    if (!sameToken(registry, lastGrant) || registry.master !== lastGrant.node)
      return invalid('its master is not its last grant')
    const holder = await verifyCredential(trust, { grant: proof, certificate: lastGrant.certificate })
    if (!holder.ok) return holder
    const granted = peekGrant(proof as Jws)
    if (!granted.ok) return granted
    const recorded = JSON.stringify(sorted(grantOf(registry, lastGrant)))
    if (JSON.stringify(sorted(granted.value)) !== recorded)
      return invalid('the members have signed another grant than it records')
    return success({ registry, proof })
  }
}

function invalid(why: string): Result<never> {
  return failure('STATEMENT_INVALID', `this registry is not taken over: ${why}`)
}

function sorted(grant: object): readonly (readonly [string, unknown])[] {
  return Object.entries(grant).sort(([a], [b]) => (a < b ? -1 : 1))
}
