/** Steps of the real guards: what they write goes to the disk, what they send goes on its way. */
import { extend } from '@baton/shared/core/guard/log'
import { guardStep } from '@baton/shared/core/guard/machine'
import type { GuardInput, GuardSend, GuardWrite } from '@baton/shared/core/guard/machine-types'
import { EMPTY_BASE, type GuardPolicy, type GuardState } from '@baton/shared/core/guard/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Height, Instant, LogIndex, Ms, NodeId, Token } from '@baton/shared/ids'
import type { LogReader } from '@baton/shared/ports/node-store'
import { hold } from './truth.ts'
import { type Cluster, type Disk, isLeading, type Place, place, withPlace } from './types.ts'

/** Time stands still for the guards: silence is what the test says it is. */
const NOW = 0 as Instant
const CLUSTER = { network: 'testnet', cluster: 'c1' } as const

/** One step. Without `commit` its writes and sends wait for the next one: streams have left by then (core/step.ts). */
export function runGuard(cluster: Cluster, node: NodeId, input: GuardInput, commit = true): Cluster {
  const at = place(cluster, node)
  if (!at.running) throw new Error(`${node} is down`)
  const context = { now: NOW, hash: sha256, log: readerOf(at.live), tip: 0 as Height }
  const step = guardStep(at.guard, input, context)
  let after = withPlace(cluster, node, {
    guard: step.state,
    live: applyWrites(at.live, step.write),
    waiting: [...at.waiting, ...step.send],
  })
  for (const send of step.stream ?? []) after = leave(after, node, send)
  return commit ? commitPlace(after, node) : hold(after, node)
}

/** One fsync; then everything that waited for it leaves. */
export function commitPlace(cluster: Cluster, node: NodeId): Cluster {
  const at = place(cluster, node)
  let after = withPlace(cluster, node, { disk: at.live, waiting: [] })
  for (const send of at.waiting) after = leave(after, node, send)
  return hold(after, node)
}

function leave(cluster: Cluster, node: NodeId, send: GuardSend): Cluster {
  switch (send.s) {
    case 'peer': {
      // To a process that is not there.
      if (!place(cluster, send.to).running) return cluster
      const key = `${node}>${send.to}`
      const queue = cluster.wire.get(key) ?? []
      return { ...cluster, wire: new Map(cluster.wire).set(key, [...queue, send.message]) }
    }
    case 'reshape': {
      const { token, syncSet, version } = send
      const { generation, epoch } = token
      const reshape = { ...CLUSTER, generation, epoch, version, node, syncSet } as never
      return { ...cluster, requests: [...cluster.requests, { kind: 'reshape', reshape }] }
    }
    case 'catchUp':
      throw new Error('nothing is compacted here, so nobody can be behind')
    default:
      return cluster
  }
}

/** The guard's part of `openNode`. */
export function openGuard(policy: GuardPolicy, disk: Disk): GuardState {
  let ends: Pick<GuardState, 'base' | 'last' | 'spans'> = { base: EMPTY_BASE, last: EMPTY_BASE, spans: [] }
  for (const entry of disk.entries) ends = extend(ends, entry)
  const role = { role: 'following', master: null, attached: false, across: false } as const
  return { policy, token: disk.own.token, ...ends, knownHeld: EMPTY_BASE.index, role }
}

export function policyOf(self: NodeId): GuardPolicy {
  return { self, durability: 'preferred', syncReplicas: 2, suspectAfter: 500 as Ms }
}

export function emptyPlace(self: NodeId, founder: NodeId, promised: Token): Place {
  const disk: Disk = { own: { token: promised, node: founder }, required: null, crossed: null, entries: [] }
  return { running: true, life: 1, guard: openGuard(policyOf(self), disk), live: disk, disk, waiting: [] }
}

/** The oldest message from one node to another arrives. */
export function deliver(cluster: Cluster, from: NodeId, to: NodeId): Cluster {
  const key = `${from}>${to}`
  const [message, ...rest] = cluster.wire.get(key) ?? []
  if (message === undefined) throw new Error(`nothing on the way from ${from} to ${to}`)
  const taken = { ...cluster, wire: new Map(cluster.wire).set(key, rest) }
  return runGuard(taken, to, { i: 'message', from, message })
}

export function deliverAll(cluster: Cluster, from: NodeId, to: NodeId): Cluster {
  let after = cluster
  while ((after.wire.get(`${from}>${to}`) ?? []).length > 0) after = deliver(after, from, to)
  return after
}

/** What is under way between two nodes is lost, without either knowing yet. */
export function lose(cluster: Cluster, one: NodeId, other: NodeId): Cluster {
  const wire = new Map(cluster.wire)
  wire.delete(`${one}>${other}`)
  wire.delete(`${other}>${one}`)
  return { ...cluster, wire }
}

/** The link breaks, and both ends that run see it. */
export function breakLink(cluster: Cluster, one: NodeId, other: NodeId): Cluster {
  let after = lose(cluster, one, other)
  for (const [at, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    if (place(after, at).running) after = runGuard(after, at, { i: 'linkDown', peer })
  }
  return lose(after, one, other)
}

export function leads(cluster: Cluster, node: NodeId): boolean {
  return isLeading(place(cluster, node))
}

function readerOf({ entries }: Disk): LogReader {
  // The log is never compacted here: the entry at index n is the n-th.
  return { entries: (from: LogIndex, to: LogIndex) => entries.slice(Math.max(0, from - 1), to) }
}

function applyWrites(disk: Disk, writes: readonly GuardWrite[]): Disk {
  let { required, entries } = disk
  for (const write of writes) {
    if (write.w === 'required') required = write.required
    else if (write.w === 'entry') entries = [...entries, write.entry]
    else if (write.w === 'truncate') entries = entries.slice(0, write.after)
    else throw new Error(`no guard writes ${write.w} here`)
  }
  return { ...disk, required, entries }
}
