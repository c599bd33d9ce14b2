/** MJ1: a cluster whose members are its arbiter, as its object at the edge serves it: it mirrors what they decide, and submits what others want of them. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { type ProvenValue, verifyRegisterValue } from '@baton/shared/crypto/register-value'
import type { GenesisCluster } from '@baton/shared/genesis'
import { readValue } from '@baton/shared/protocol/arbiter/messages'
import type { EdgeAsk, OrderView, RegistryView, ToAuthority } from '@baton/shared/protocol/control'
import { restoreRefusal } from '@baton/shared/protocol/operator-acts'
import { failure, type Result } from '@baton/shared/result'
import type { OperatorAnswer, OperatorRequest, OrderAnswer } from '../authority-api.ts'
import { MemberAsks } from './member-asks.ts'
import type { Mirror } from './mirror.ts'
import { orderState } from './order-answer.ts'
import type { Refusals } from './refusals.ts'
import type { Attachment, Sockets } from './sockets.ts'
import { checkTold } from './told-events.ts'

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
    const told = checkTold(events)
    if (!told.ok) return refusals.frame(open, told)
    const verified = await this.#verify(value)
    if (!verified.ok) return refusals.frame(open, verified)
    if (mirror.show(verified.value, events, open.node)) onGrant()
  }

  asked(open: Open, { request, outcome, events }: Frame<'asked'>): void {
    const { refusals } = this.#parts
    const told = checkTold(events)
    if (!told.ok) refusals.frame(open, told)
    else if (!this.asks.answered(open, request, { outcome, events }) && !this.asks.isMember(open.node)) {
      // A member's is late: whoever waited has gone on to the next one. Another session's answer is none.
      refusals.frame(open, failure('PEER_UNEXPECTED', 'this session was asked nothing'))
    }
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
  async #verify(text: string): Promise<Result<ProvenValue>> {
    const { cluster, trust } = this.#parts
    const read = readValue(text)
    if (!read.ok) return read
    const place = { network: trust.network, cluster: cluster.cluster, founder: cluster.founder }
    return verifyRegisterValue(place, read.value, (credential) => verifyCredential(trust, credential))
  }
}
