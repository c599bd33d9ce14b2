/** A state of the cluster as text: two that behave alike from here on give the same text. */
import { hash } from 'node:crypto'
import type { LogEntry, RequiredSet } from '@baton/shared/core/guard/types'
import type { NodeId, Token } from '@baton/shared/ids'
import {
  type Cluster,
  type Disk,
  NODES,
  type PeerMessage,
  type Place,
  place,
  type Request,
  type View,
} from '../cluster/types.ts'
import type { Spent } from './bounds.ts'

/** 96 bits of a hash: among ten million states a collision has a chance below one in 10^14. */
export function fingerprint(cluster: Cluster, spent: Spent): string {
  return hash('sha1', encode(cluster, spent), 'base64').slice(0, 16)
}

export function encode(cluster: Cluster, spent: Spent): string {
  const parts = [Object.values(spent).join(), cluster.truth.from, cluster.truth.hashes.at(-1) ?? '-']
  for (const view of cluster.views) parts.push(viewText(view))
  for (const node of NODES) parts.push(placeText(place(cluster, node)))
  for (const from of NODES)
    for (const to of NODES) parts.push((cluster.wire.get(`${from}>${to}`) ?? []).map(messageText).join())
  parts.push(cluster.requests.map(requestText).sort().join())
  return parts.join('|')
}

/** The hash chain names the whole log by its end. */
function logText(entries: readonly LogEntry[]): string {
  return entries.length === 0 ? '-' : entries.at(-1)!.hash.slice(0, 24)
}

function placeText({ running, life, guard, live, disk, waiting }: Place): string {
  const common = `${life}${diskText(disk)}`
  if (!running) return `down${common}`
  const parts = [common, live === disk ? '=' : diskText(live), tokenText(guard.token), guard.knownHeld, waiting.length]
  const { role } = guard
  if (role.role === 'following') parts.push('f', role.master ?? '-', role.attached ? 1 : 0, role.across ? 1 : 0)
  else if (role.role === 'sealed') parts.push('s')
  else {
    parts.push(
      'l',
      role.held,
      role.barrier,
      requiredText(role.required),
      role.reshaping === null ? '-' : reshapingText(role.reshaping),
    )
    for (const node of NODES) {
      const follower = role.followers.get(node)
      const acked = follower === undefined ? '-' : `${follower.acked.index}.${follower.sent}`
      parts.push(
        acked,
        role.absent.has(node) ? 1 : 0,
        role.acknowledged.get(node) ?? '-',
        role.suspects.has(node) ? 1 : 0,
      )
    }
    parts.push(role.candidates.length)
  }
  return parts.join()
}

function diskText({ own, required, crossed, entries }: Disk): string {
  return `${tokenText(own.token)}${own.node}${crossed === null ? '' : tokenText(crossed)}${requiredText(required)}${logText(entries)}`
}

function requiredText(required: RequiredSet | null): string {
  if (required === null) return '-'
  return `${tokenText(required.token)}v${required.version}${setText(required.syncSet)}+${setText(required.pending)}`
}

function reshapingText(
  reshaping: NonNullable<Extract<Place['guard']['role'], { role: 'leading' }>['reshaping']>,
): string {
  if (reshaping.step === 'adding') return `adding${reshaping.node}${reshaping.from}`
  return `asked${setText(reshaping.syncSet)}v${reshaping.version}`
}

function messageText(message: PeerMessage): string {
  const { t, token } = message
  switch (message.t) {
    case 'attach':
      return `${t}${tokenText(token)}${message.tail.map((span) => span.last.hash.slice(0, 12)).join('.')}`
    case 'append':
      return `${t}${tokenText(token)}${message.after.hash.slice(0, 12)}${logText(message.entries)}h${message.held}`
    case 'appendAck':
      return `${t}${tokenText(token)}${message.durable.hash.slice(0, 12)}`
    case 'behind':
      return `${t}${tokenText(token)}`
  }
}

function requestText(request: Request): string {
  if (request.kind === 'reshape') {
    const { epoch, version, node, syncSet } = request.reshape
    return `r${epoch}v${version}${node}${setText(syncSet)}`
  }
  const { epoch, version, nonce, evidence } = request.claim
  return `c${epoch}v${version}${nonce}${evidence.kind}`
}

function viewText({ token, version, master, nonce, syncSet, recovering, lastClean }: View): string {
  const clean = lastClean === null ? '' : `${tokenText(lastClean.token)}${setText(lastClean.syncSet)}`
  return `${tokenText(token)}v${version}${master}${nonce}${setText(syncSet)}${recovering ? 'r' : ''}${clean}`
}

function setText(nodes: readonly NodeId[]): string {
  return `{${[...nodes].sort().join('')}}`
}

function tokenText({ epoch }: Token): string {
  return `e${epoch}`
}
