/** MJ1: whatever a majority of the disks of a cluster has accepted under one ballot goes on from what was decided before. */

import type { Ballot } from '@baton/shared/core/arbiter/ballot'
import { majorityOf } from '@baton/shared/core/arbiter/ballot'
import type { Ask, RegisterValue } from '@baton/shared/core/arbiter/types'
import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import type { Hearing } from '@baton/shared/core/registry/types'
import type { Instant, NodeId } from '@baton/shared/ids'
import type { Clock } from '../clock.ts'

/** What a member has proposed, and on what ground. */
export interface Proposed {
  readonly ballot: Ballot
  /** The ballot of the value that it goes on from; null: it founds the cluster. */
  readonly base: Ballot | null
  readonly value: RegisterValue
  readonly ask: Ask
  readonly hearing: Hearing
  readonly events: readonly RegistryEvent[]
  /** When, by true time, and the clock of the member that judged by it. */
  readonly at: Instant
  readonly clock: Pick<Clock, 'rate' | 'offsetMs'>
}

export class Decisions {
  readonly #members: readonly NodeId[]
  readonly #breach: (sentence: string) => void
  readonly #proposed = new Map<string, Proposed>()
  /** On the disks as they are now, and as they ever were. */
  readonly #accepted = new Map<string, Set<NodeId>>()
  readonly #ever = new Map<string, Set<NodeId>>()
  /** Decided, or what a decided value goes on from, oldest first. */
  readonly #line: string[] = []

  constructor(members: readonly NodeId[], breach: (sentence: string) => void) {
    this.#members = members
    this.#breach = breach
  }

  proposes(proposed: Proposed): void {
    const key = keyOf(proposed.ballot)
    const known = this.#proposed.get(key)
    if (known !== undefined) this.#breach(`two values under ballot ${key}`)
    this.#proposed.set(key, proposed)
  }

  /** It is on this disk. What is decided by it, and was not before, oldest first. */
  accepts(node: NodeId, ballot: Ballot): readonly Proposed[] {
    const key = keyOf(ballot)
    const by = this.#accepted.get(key) ?? new Set()
    this.#accepted.set(key, by.add(node))
    this.#ever.set(key, (this.#ever.get(key) ?? new Set()).add(node))
    return by.size < majorityOf(this.#members) ? [] : this.#decided(key)
  }

  /** A member tells of it: a majority must have had it on disk. What is decided by it, and was not before, oldest first. */
  tells(node: NodeId, ballot: Ballot): readonly Proposed[] {
    const key = keyOf(ballot)
    const by = this.#ever.get(key)?.size ?? 0
    if (2 * by > this.#members.length) return this.#decided(key)
    this.#breach(`${node} tells of ${key} as decided: ${by} of ${this.#members.length} members have accepted it`)
    return []
  }

  /** A disk is gone: it vouches for nothing that was not decided by then. */
  emptied(node: NodeId): void {
    for (const [key, by] of this.#accepted) if (!this.#line.includes(key)) by.delete(node)
  }

  #decided(key: string): readonly Proposed[] {
    if (this.#line.includes(key)) return []
    const head = this.#line.at(-1)
    const news: Proposed[] = []
    for (let at: string | null = key; at !== null && at !== head; ) {
      const proposed = this.#proposed.get(at)
      if (proposed === undefined || this.#line.includes(at)) {
        this.#breach(`what was decided under ${key} goes on from ${at}, after ${head} was decided`)
        return []
      }
      news.unshift(proposed)
      at = proposed.base === null ? null : keyOf(proposed.base)
      if (at === null && head !== undefined) this.#breach(`the cluster was founded again under ${key}`)
    }
    for (const { ballot } of news) this.#line.push(keyOf(ballot))
    return news
  }
}

function keyOf({ counter, node }: Ballot): string {
  return `${counter}/${node}`
}
