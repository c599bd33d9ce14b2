/** Members under everything that can happen between them, at random; what each of them decides is one value per version. */
import type { Accepted } from '@baton/shared/core/arbiter/types'
import { formatToken, type NodeId } from '@baton/shared/ids'
import fc from 'fast-check'
import { expect } from 'vitest'
import { D } from '../registry/fixture.ts'
import { A, B, C, foundedMembers, type Members, readProof } from './fixture.ts'

const E = 'c1-e' as NodeId
export const THREE = [A, B, C]
export const FIVE = [A, B, C, D, E]

const who = fc.nat(4)
export const action = fc.oneof(
  // What is under way arrives, in any order, or again, or never.
  { weight: 12, arbitrary: fc.record({ do: fc.constant('arrive' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ring' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('claim' as const), who, refused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reshape' as const), who, size: fc.nat(4) }) },
  // Anybody may, at any time, and each is a change: what members contend with.
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pause' as const), who, ms: fc.integer({ min: -3, max: 9 }) }) },
  fc.record({ do: fc.constant('confirm' as const), who }),
  fc.record({ do: fc.constant('report' as const), who }),
  fc.record({ do: fc.constant('restart' as const), who }),
  fc.record({ do: fc.constant('wipe' as const), who }),
  fc.record({ do: fc.constant('cut' as const), who }),
  fc.record({ do: fc.constant('mend' as const), who }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 300, 2_000) }) },
)
export type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

/** At most one value is decided per version, one grant per token, and every proof is that of a decided grant under one ballot. */
class Agreement {
  readonly #byVersion = new Map<number, string>()
  readonly #byToken = new Map<string, string>()
  #seen = 0

  check(members: Members): void {
    for (const { decided } of members.told.slice(this.#seen)) this.#decided(decided, members.names.length)
    this.#seen = members.told.length
  }

  #decided({ value: { registry, proof } }: Accepted, members: number): void {
    if (registry.status !== 'founded') return
    const { syncSet, master, orders, pause, frozen, lastGrant, members: known } = registry
    const content = JSON.stringify([syncSet, master, orders, pause, frozen, lastGrant, [...known.keys()].sort()])
    this.#one(this.#byVersion, `version ${registry.version}`, registry.version, content)
    this.#one(this.#byToken, `token ${formatToken(lastGrant)}`, formatToken(lastGrant), JSON.stringify(lastGrant))
    const { signed, signers } = readProof(proof!)
    expect(signed.grant.nonce).toBe(lastGrant.nonce)
    expect(2 * new Set(signers).size).toBeGreaterThan(members)
  }

  #one<Key>(known: Map<Key, string>, what: string, key: Key, content: string): void {
    const before = known.get(key)
    if (before !== undefined && before !== content) throw new Error(`${what} decided twice: ${before} and ${content}`)
    known.set(key, content)
  }
}

export class History {
  readonly members: Members
  readonly agreement = new Agreement()
  readonly #away = new Set<NodeId>()

  constructor(names: readonly NodeId[]) {
    this.members = foundedMembers(names)
    this.agreement.check(this.members)
  }

  run(actions: readonly Action[]): void {
    for (const each of actions) {
      this.act(each)
      this.agreement.check(this.members)
    }
  }

  /** All links open, nothing lost: somebody becomes master, and all know the same. */
  settle(): void {
    const { members } = this
    members.mend(...this.#away)
    for (let second = 0; second < 12; second++) {
      for (const name of members.names) members.report(name)
      members.advance(1_000)
    }
    const [first] = members.names
    const request = members.confirm(first!, members.known(first!))
    members.advance(3_000)
    for (const name of members.names) members.report(name)
    members.advance(1_000)
    this.agreement.check(members)
    const outcome = members.outcomes.get(request)
    if (outcome?.ok === false) expect(['NOT_CURRENT_MASTER', 'CLUSTER_FROZEN']).toContain(outcome.code)
    else expect(outcome).toEqual({ ok: true })
    const versions = members.names.map((name) => members.known(name).version)
    expect(new Set(versions).size).toBe(1)
  }

  /** Without a look at what is decided. */
  act(each: Action): void {
    const { members } = this
    const { letters, names } = members
    const at = (which: number) => which % Math.max(1, letters.length)
    switch (each.do) {
      case 'arrive':
        for (const letter of letters.splice(at(each.which), 1)) members.arrive(letter)
        return
      case 'repeat':
        if (letters.length > 0 && letters.length < 200) letters.push(letters[at(each.which)]!)
        return
      case 'lose':
        letters.splice(at(each.which), 1)
        return
      case 'ring': {
        const set = members.timersSet
        const timer = set[each.which % Math.max(1, set.length)]
        if (timer !== undefined) members.ring(timer)
        return
      }
      case 'wait':
        members.now += each.ms
        return
      default:
        this.#doAs(each, names[each.who % names.length]!)
    }
  }

  #doAs(each: Extract<Action, { readonly who: number }>, node: NodeId): void {
    const { members } = this
    const knows = members.states.get(node)!.decided?.value.registry.status === 'founded'
    switch (each.do) {
      case 'claim':
        if (knows) members.claim(node, each.refused ? { kind: 'refused' } : { kind: 'silence', forMs: 1_000 })
        return
      case 'reshape':
        if (knows) members.reshape(node, [...new Set([node, ...members.names.slice(0, each.size)])])
        return
      case 'pause':
        members.pause(node, each.ms)
        return
      case 'confirm':
        if (knows) members.confirm(node, members.known(node))
        return
      case 'report':
        members.report(node)
        return
      case 'restart':
        members.restart(node)
        return
      case 'wipe': {
        // Fewer than half of the disks: with more, the memory of the cluster is gone.
        const lost = members.names.filter((name) => members.disks.get(name)!.accepted === null)
        const mayLose = lost.includes(node) || 2 * (lost.length + 1) < members.names.length
        if (mayLose) members.wipe(node)
        return
      }
      case 'cut':
        if (2 * (this.#away.size + 1) < members.names.length) {
          this.#away.add(node)
          members.cut(node)
        }
        return
      case 'mend':
        if (this.#away.delete(node)) members.mend(node)
        return
    }
  }
}
