/**
 * MJ1: what the edge submits to the members that are the arbiter of their cluster. One of them is asked at a time, the master first; when it does not
 * answer, another one: what is asked is decided once, by its id or the version that it was made against.
 */
import { askMs } from '@baton/shared/core/arbiter/pace'
import type { Outcome, RegistryEvent } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import type { ClusterPolicy, MajorityArbiter } from '@baton/shared/genesis'
import { type EdgeAsk, MIRROR_SINCE, type SilenceElsewhere } from '@baton/shared/protocol/control'
import type { Attachment, Sockets } from './sockets.ts'

type Open = Extract<Attachment, { phase: 'open' }>

export interface Asked {
  readonly outcome: Outcome
  readonly events: readonly RegistryEvent[]
}

export interface MemberAsksParts {
  readonly members: MajorityArbiter['members']
  readonly policy: ClusterPolicy
  readonly sockets: Pick<Sockets, 'open' | 'send'>
  readonly registry: () => Registry
}

/** Beyond the bound within which a member answers, in whatever way it ends. */
const ON_THE_WAY_MS = 1_000
/** Members asked for one thing. */
const TRIED = 2

export class MemberAsks {
  readonly #parts: MemberAsksParts
  readonly #waiting = new Map<number, { readonly session: string; readonly answer: (asked: Asked | null) => void }>()
  #request = 0

  constructor(parts: MemberAsksParts) {
    this.#parts = parts
  }

  /** Null: no member has answered. What was asked may have been decided. */
  async ask(ask: EdgeAsk): Promise<Asked | null> {
    for (const { id } of this.#sessions().slice(0, TRIED)) {
      const asked = await this.#askOne(id, ask)
      if (asked !== null) return asked
    }
    return null
  }

  /** False: this session was not asked that. */
  answered({ id }: Open, request: number, asked: Asked): boolean {
    const waiting = this.#waiting.get(request)
    if (waiting?.session !== id) return false
    waiting.answer(asked)
    return true
  }

  /** Who has gone does not answer any more. */
  closed(session: string): void {
    for (const waiting of [...this.#waiting.values()]) if (waiting.session === session) waiting.answer(null)
  }

  /** RG6: all are told, for each judges by what it hears. */
  silence({ reporters, clusters, silentForMs }: SilenceElsewhere): void {
    for (const { id } of this.#sessions()) {
      this.#parts.sockets.send(id, { t: 'foreignSilence', reporters, clusters, silentForMs })
    }
  }

  isMember(node: string): boolean {
    return this.#parts.members.some((member) => member.node === node)
  }

  #askOne(session: string, ask: EdgeAsk): Promise<Asked | null> {
    this.#request += 1
    const request = this.#request
    return new Promise((resolve) => {
      const answer = (asked: Asked | null): void => {
        clearTimeout(timer)
        this.#waiting.delete(request)
        resolve(asked)
      }
      const timer = setTimeout(() => answer(null), askMs(this.#parts.policy) + ON_THE_WAY_MS)
      this.#waiting.set(request, { session, answer })
      this.#parts.sockets.send(session, { t: 'ask', request, ask })
    })
  }

  /** Of the members, the master's first. */
  #sessions(): readonly Open[] {
    const registry = this.#parts.registry()
    const master = registry.status === 'founded' ? registry.master : null
    const open = this.#parts.sockets
      .open()
      .filter(({ node, protocol }) => protocol >= MIRROR_SINCE && this.isMember(node))
    return [...open.filter(({ node }) => node === master), ...open.filter(({ node }) => node !== master)]
  }
}
