/**
 * MJ1: the registry of a cluster whose members are its arbiter, as they have told it here. It is looked at, and never changed but by a newer one that
 * a majority has signed: this side grants nothing. What is heard of the members is kept as everywhere, for people.
 */

import { isNewer } from '@baton/shared/core/arbiter/newer'
import { step } from '@baton/shared/core/registry/machine'
import type {
  Outcome,
  RegistryContext,
  RegistryEvent,
  RegistryInput,
  RegistrySend,
  RegistryStep,
} from '@baton/shared/core/registry/messages'
import {
  type FoundedRegistry,
  type Member,
  type RegistryState,
  startAuthority,
} from '@baton/shared/core/registry/types'
import type { ProvenValue } from '@baton/shared/crypto/register-value'
import type { Credential } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws, NodeId } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import { readValue, writeValue } from '@baton/shared/protocol/arbiter/messages'
import type { Sql } from '../../adapters/sql.ts'
import type { Taken } from './decider.ts'
import type { Registrar } from './registrar.ts'
import type { RegistryLog } from './registry-log.ts'

export const MIRROR_TABLE =
  'CREATE TABLE mirror (only INTEGER PRIMARY KEY CHECK (only = 1), value TEXT NOT NULL, teller TEXT NOT NULL, at INTEGER NOT NULL)'

export interface MirrorParts {
  readonly cluster: { readonly cluster: ClusterId }
  readonly sql: Sql
  readonly clock: Clock
  /** Inside the transaction that the event is about. */
  readonly log: Pick<RegistryLog, 'record' | 'told'>
}

/** What is only heard: nothing of it is decided here. */
const HEARD: ReadonlySet<RegistryInput['i']> = new Set(['sessionOpened', 'sessionClosed', 'report', 'foreignSilence'])
const TOLD: ReadonlySet<RegistrySend['s']> = new Set(['heard', 'sessionClosed', 'closeSession'])

export class Mirror implements Registrar {
  readonly #parts: MirrorParts
  #state: RegistryState
  /** The proofs of what has been shown in this life: a delivery that waits may still show the one before. */
  readonly #proofs = new WeakMap<FoundedRegistry, Jws>()
  #newest: Jws | null = null

  constructor(parts: MirrorParts) {
    this.#parts = parts
    this.#state = startAuthority({ status: 'absent' }, parts.clock.now())
    const stored = parts.sql.all<{ value: string }>('SELECT value FROM mirror')[0]
    const read = stored === undefined ? null : readValue(stored.value)
    if (read?.ok !== true) return
    const { registry, proof } = read.value
    if (registry.status === 'founded' && proof !== null) this.#show({ registry, proof })
  }

  get state(): RegistryState {
    return this.#state
  }

  /** The grant of this registry as its members have signed it. */
  credential(registry: FoundedRegistry): Credential {
    const proof = this.#proofs.get(registry) ?? this.#newest
    if (proof === null) throw new Error('MJ1: a grant was shown that no member has told of')
    return { grant: proof, certificate: registry.lastGrant.certificate }
  }

  /** False: what is known is as new. `events` are recorded in any case. */
  show(mirrored: ProvenValue, events: readonly RegistryEvent[], teller: NodeId): boolean {
    const { sql, clock, log } = this.#parts
    const isNews = this.#isNews(mirrored.registry)
    if (!isNews && events.length === 0) return false
    sql.transaction(() => {
      if (isNews) {
        sql.run(
          `INSERT INTO mirror (only, value, teller, at) VALUES (1, ?, ?, ?)
           ON CONFLICT (only) DO UPDATE SET value = excluded.value, teller = excluded.teller, at = excluded.at`,
          writeValue(mirrored),
          teller,
          clock.wallNow(),
        )
      }
      for (const event of events) log.told(event, teller)
    })
    if (isNews) this.#show(mirrored)
    return isNews
  }

  take(...inputs: readonly RegistryInput[]): Taken {
    const sends = inputs.flatMap((input) => this.#take(input))
    return { sends, events: [], registry: this.#state.registry, rejected: undefined, tickAfterMs: null }
  }

  note(event: RegistryEvent): void {
    const { sql, log } = this.#parts
    sql.transaction(() => log.record(event))
  }

  consider(input: RegistryInput): RegistryStep {
    return step(this.#state, input, this.context())
  }

  context(): RegistryContext {
    const { clock } = this.#parts
    return { now: clock.now(), wallClock: clock.wallNow() }
  }

  #take(input: RegistryInput): readonly RegistrySend[] {
    const { registry } = this.#state
    if (HEARD.has(input.i)) {
      const heard = step(this.#state, input, this.context())
      this.#state = { registry, hearing: heard.state.hearing }
      return heard.send.filter(({ s }) => TOLD.has(s))
    }
    if (input.i === 'create') this.#create(input)
    else if (input.i === 'memberSeen') this.#see(input.member)
    if (!('from' in input)) return []
    const { cluster } = this.#parts.cluster
    const why = `the members of ${cluster} are its arbiter (MJ1): nothing is granted or changed here`
    const outcome: Outcome = { ok: false, code: 'PEER_UNEXPECTED', why, retryAfterMs: null }
    return [{ s: 'reply', to: input.from, outcome }]
  }

  #create(input: Extract<RegistryInput, { readonly i: 'create' }>): void {
    if (this.#state.registry.status === 'absent') this.#state = step(this.#state, input, this.context()).state
  }

  /** Until something is mirrored, lists show who has come; RG2 gives the founder nothing here. */
  #see(member: Member): void {
    const { registry } = this.#state
    if (registry.status !== 'unfounded') return
    const members = new Map(registry.members).set(member.node, member)
    this.#state = { ...this.#state, registry: { ...registry, members } }
  }

  #isNews(registry: FoundedRegistry): boolean {
    const known = this.#state.registry
    return known.status !== 'founded' || isNewer(registry, known)
  }

  #show({ registry, proof }: ProvenValue): void {
    this.#proofs.set(registry, proof)
    this.#newest = proof
    this.#state = { ...this.#state, registry }
  }
}
