/** The state of a node as its disk tells it. */
import { decodeBlock } from '../../codec/block.ts'
import { decodeCertificate } from '../../codec/certificate.ts'
import { decodeRecord } from '../../codec/record.ts'
import type { Credential } from '../../crypto/statement-types.ts'
import { BatonError } from '../../errors.ts'
import type { ClusterId, Hash, Height, Instant, Jws, LogIndex, Token } from '../../ids.ts'
import type { StoredNode } from '../../ports/node-store.ts'
import { initialElection } from '../election/machine.ts'
import { extend } from '../guard/log.ts'
import type { GuardState } from '../guard/state.ts'
import type { ChainState } from '../ledger/chain.ts'
import type { HashFunction } from '../step.ts'
import { NO_FACTS } from './facts.ts'
import type { CoreNodeConfig, DecidedHeight, KnownBody, LegacyMark, LoggedAct, NodeState } from './state.ts'

const NO_TOKEN = { generation: 0, epoch: 0 } as Token

/** Nothing is sent yet: the driver feeds `start` next. Throws `STORAGE_DAMAGED` on an entry that says nothing sensible. */
export function openNode(
  config: CoreNodeConfig,
  stored: StoredNode,
  chain: ChainState,
  hash: HashFunction,
  now: Instant,
): NodeState {
  let ends: Pick<GuardState, 'base' | 'last' | 'spans'> = { base: stored.base, last: stored.base, spans: [] }
  const bodies = new Map<Hash, KnownBody>()
  const acts: LoggedAct[] = []
  const decided = new Map<number, DecidedHeight>()
  const executedAt: { height: DecidedHeight['certificate']['height']; index: LogIndex }[] = []
  const unverified = new Map<Jws, Credential>()
  const legacies: LegacyMark[] = []
  const tokenHeights = new Map<Jws, Height>()
  const verified = new Set(stored.masterships.map(({ credential }) => credential.grant))
  const tip = chain.tip.height
  for (const entry of stored.entries) {
    ends = extend(ends, entry)
    const record = decodeRecord(entry.kind, entry.body)
    if (!record.ok) throw damagedEntry(entry.index, record.why)
    switch (record.value.kind) {
      case 'vote':
      case 'proposal':
      case 'polka':
        if (record.value.height > tip) acts.push({ index: entry.index, record: record.value })
        break
      case 'body': {
        const block = decodeBlock(hash, record.value.block)
        if (!block.ok) throw damagedEntry(entry.index, block.why)
        if (block.value.header.height > tip) {
          bodies.set(block.value.hash, { block: block.value, facts: NO_FACTS, logged: entry.index })
        }
        break
      }
      case 'decided': {
        const certificate = decodeCertificate(record.value.certificate)
        if (!certificate.ok) throw damagedEntry(entry.index, certificate.why)
        const { height } = certificate.value
        if (height > tip)
          decided.set(height, { index: entry.index, certificate: certificate.value, certified: false, asked: false })
        else executedAt.push({ height, index: entry.index })
        break
      }
      case 'token': {
        const { credential, height } = record.value
        if (!tokenHeights.has(credential.grant)) tokenHeights.set(credential.grant, height)
        if (!verified.has(credential.grant)) unverified.set(credential.grant, credential)
        break
      }
      case 'legacy': {
        const { kind: _, ...mark } = record.value
        legacies.push({ ...mark, index: entry.index, token: entry.token })
        break
      }
      case 'barrier':
        break
    }
  }
  const required = stored.required
  return {
    config,
    nonceSeed: '',
    storedOwn: stored.own,
    required,
    election: initialElection(config.election),
    guard: {
      policy: config.guard,
      token: stored.own?.token ?? NO_TOKEN,
      ...ends,
      // What a compaction has removed was held.
      knownHeld: stored.base.index,
      role: { role: 'following', master: null, attached: false, across: false },
    },
    consensus: { kind: 'idle' },
    chain,
    masterships: new Map(stored.masterships.map((mastership) => [mastership.cluster as ClusterId, mastership])),
    superseded: [],
    links: new Map(),
    olderPeers: new Set(),
    heights: new Map(),
    bodies,
    acts,
    legacies,
    decided,
    executedAt,
    releases: [],
    early: new Map(),
    consensusTimers: new Map(),
    leaderless: new Set(),
    catchUp: null,
    lagging: false,
    fetchedUpTo: 0,
    counters: { request: 0 },
    heightSince: now,
    unverified,
    resync: stored.resyncNeeded ? stored.resyncWhy : null,
    differing: null,
    masterResult: null,
    recovered: stored.recovered,
    crossed: stored.crossed,
    reshape: stored.reshape,
    syncSetWord: null,
    registryHeard: false,
    recovery: null,
    handOver: null,
    heldTokens: new Map(),
    tokenHeights,
    heardAt: new Map(),
    leadingSince: now,
    backOffs: new Map(),
    verifying: null,
  }
}

function damagedEntry(index: LogIndex, why: string): BatonError {
  return new BatonError('STORAGE_DAMAGED', `log entry ${index} cannot be read: ${why}`, {
    remedy: 'Move the data folder away and start again: the node re-syncs from its cluster (EL6).',
    details: { index },
  })
}
