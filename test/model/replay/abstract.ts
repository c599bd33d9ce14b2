/** The abstraction function: what a state of the real machines is in the words of the spec (`state.qnt`). */
import { decodeRecord } from '@baton/shared/codec/record'
import type { LogEntry } from '@baton/shared/core/guard/types'
import { type Cluster, NODES, type Place, place, type Request, type View } from '../cluster/types.ts'
import { type SpecEntry, type SpecHost, type SpecRequest, type SpecState, type SpecView, sorted } from './itf.ts'
import { heightOfDecided, voteValue } from './records.ts'

export type Compared = Pick<SpecState, 'views' | 'requests'> & {
  readonly hosts: Readonly<Record<string, Omit<SpecHost, 'handed'>>>
}

export function abstractOf(cluster: Cluster): Compared {
  return {
    views: cluster.views.map(viewOf),
    requests: distinct(cluster.requests.map(requestOf)),
    hosts: Object.fromEntries(NODES.map((node) => [node, hostOf(place(cluster, node))])),
  }
}

/** The same part of a state of the spec. */
export function comparedOf({ views, requests, hosts }: SpecState): Compared {
  const kept = Object.entries(hosts).map(([node, host]) => {
    const { promised, holder, crossed, log, synced, required, role, life, known, held, acked, asked, suspects } = host
    const rest = { required, role, life, known, held, acked, asked, suspects }
    return [node, { promised, holder, crossed, log, synced, ...rest }] as const
  })
  return { views, requests, hosts: Object.fromEntries(kept) }
}

function hostOf(at: Place): Omit<SpecHost, 'handed'> {
  const { guard, live, disk, life } = at
  const leading = at.running && guard.role.role === 'leading' ? guard.role : null
  const { required } = live
  return {
    promised: live.own.token.epoch,
    holder: live.own.node,
    crossed: live.crossed?.epoch ?? 0,
    log: entriesOf(live.entries),
    synced: disk.entries.length,
    required: {
      epoch: required?.token.epoch ?? 0,
      version: required?.version ?? 0,
      syncSet: sorted(required?.syncSet ?? []),
      pending: sorted(required?.pending ?? []),
    },
    role: at.running ? guard.role.role : 'down',
    life,
    known: at.running ? guard.knownHeld : 0,
    held: leading?.held ?? 0,
    acked: Object.fromEntries(NODES.map((node) => [node, leading?.followers.get(node)?.acked.index ?? -1])),
    asked: leading?.reshaping?.step === 'asked' ? sorted(leading.reshaping.syncSet) : [],
    suspects: sorted([...(leading?.suspects ?? [])]),
  }
}

/** The life of an entry's author is that of the barrier before it. */
function entriesOf(entries: readonly LogEntry[]): readonly SpecEntry[] {
  let life = 0
  return entries.map((entry) => {
    const { epoch } = entry.token
    const record = decodeRecord(entry.kind, entry.body)
    if (!record.ok) throw new Error(`entry ${entry.index} cannot be read`)
    const { value } = record
    if (value.kind === 'barrier') life = lifeOf(value.process)
    const written = { kind: entry.kind, epoch, life }
    if (value.kind === 'vote') return { ...written, height: value.height, value: voteValue(value.block) }
    if (value.kind === 'decided') return { ...written, height: heightOfDecided(value.certificate), value: 0 }
    return { ...written, height: 0, value: 0 }
  })
}

function viewOf({ token, version, master, nonce, syncSet, recovering, lastClean }: View): SpecView {
  return {
    epoch: token.epoch,
    version,
    master,
    life: lifeOf(nonce),
    syncSet: sorted(syncSet),
    recovering,
    lastClean: { epoch: lastClean?.token.epoch ?? 0, syncSet: sorted(lastClean?.syncSet ?? []) },
  }
}

export function requestOf(request: Request): SpecRequest {
  if (request.kind === 'claim') {
    const { epoch, version, node, nonce, evidence } = request.claim
    return { kind: evidence.kind, epoch, version, node, life: lifeOf(nonce), syncSet: [] }
  }
  const { epoch, version, node, syncSet } = request.reshape
  return { kind: 'reshape', epoch, version, node, life: 0, syncSet: sorted(syncSet) }
}

function lifeOf(nonce: string): number {
  return Number(nonce.split('/')[1])
}

function distinct(requests: readonly SpecRequest[]): readonly SpecRequest[] {
  const all = sorted(requests)
  return all.filter((one, at) => at === 0 || JSON.stringify(one) !== JSON.stringify(all[at - 1]))
}
