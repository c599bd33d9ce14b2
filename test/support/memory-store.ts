/**
 * A node's store in memory. `MemoryDisk` is what survives: a store opened on it sees all that was committed, and what was
 * applied after the last commit is gone when the store is closed, as when a process dies.
 */

import { unreachable } from '@baton/shared/assert'
import { ZERO_HASH } from '@baton/shared/codec/hash-bytes'
import { isIntactEntry } from '@baton/shared/codec/log-entry'
import type { LogEntry, RequiredSet } from '@baton/shared/core/guard/types'
import type { HashFunction } from '@baton/shared/core/step'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Epoch, Generation, Hash, Height, LogIndex, Token } from '@baton/shared/ids'
import type { LogBase, NodeStore, NodeWrite, OwnToken, StoredNode } from '@baton/shared/ports/node-store'

/** Where every log begins. */
export const FIRST_BASE: LogBase = {
  index: 0 as LogIndex,
  hash: ZERO_HASH,
  token: { generation: 0 as Generation, epoch: 0 as Epoch },
}

type StoredBlock = Omit<Extract<NodeWrite, { w: 'block' }>, 'w' | 'height'>
type StoredTransaction = Omit<Extract<NodeWrite, { w: 'transaction' }>, 'w' | 'id'>
type StoredBucket = Omit<Extract<NodeWrite, { w: 'bucket' }>, 'w' | 'bucket'>

export class MemoryDisk {
  own: OwnToken | null = null
  required: RequiredSet | null = null
  base: LogBase = FIRST_BASE
  /** The entries above the base, in order, without gaps. */
  entries: LogEntry[] = []
  reshape: RecordedReshape | null = null
  recovered: Token | null = null
  crossed: Token | null = null
  resync = { needed: false, why: '' }
  tip = 0 as Height
  readonly masterships = new Map<ClusterId, Mastership>()
  readonly blocks = new Map<Height, StoredBlock>()
  readonly transactions = new Map<Hash, StoredTransaction>()
  readonly state = new Map<string, Uint8Array>()
  readonly buckets = new Map<number, StoredBucket>()

  /** Another disk with the same content. What is written is never changed, so the two may share it. */
  copy(): MemoryDisk {
    const { masterships, blocks, transactions, state, buckets, ...rest } = this
    const copy = Object.assign(new MemoryDisk(), { ...rest, entries: [...this.entries] })
    fill(copy.masterships, masterships)
    fill(copy.blocks, blocks)
    fill(copy.transactions, transactions)
    fill(copy.state, state)
    fill(copy.buckets, buckets)
    return copy
  }
}

function fill<Key, Value>(into: Map<Key, Value>, from: ReadonlyMap<Key, Value>): void {
  for (const [key, value] of from) into.set(key, value)
}

export class MemoryStore implements NodeStore {
  /** Commits so far: what a disk would have synced. */
  commits = 0
  readonly #disk: MemoryDisk
  readonly #hash: HashFunction
  /** Undoes what was applied since the last commit, newest last. */
  #undo: (() => void)[] = []
  #open = true

  constructor(disk: MemoryDisk = new MemoryDisk(), hash: HashFunction = sha256) {
    this.#disk = disk
    this.#hash = hash
  }

  load(): StoredNode {
    const { own, required, base, entries, masterships, reshape, recovered, crossed, resync } = this.#disk
    let last: LogBase = base
    for (const entry of entries) {
      if (entry.index !== last.index + 1 || entry.previous !== last.hash || !isIntactEntry(this.#hash, entry)) {
        throw new BatonError('STORAGE_DAMAGED', `log entry ${entry.index} is damaged`)
      }
      last = { index: entry.index, hash: entry.hash, token: entry.token }
    }
    return {
      own,
      required,
      base,
      entries: [...entries],
      masterships: [...masterships.values()],
      reshape,
      recovered,
      crossed,
      resyncNeeded: resync.needed,
      resyncWhy: resync.why,
    }
  }

  apply(writes: readonly NodeWrite[]): void {
    if (!this.#open) throw new BatonError('STORAGE_FAILED', 'the store is closed')
    for (const write of writes) this.#apply(write)
  }

  commit(): void {
    this.#undo = []
    this.commits++
  }

  masterships(): ReadonlyMap<ClusterId, Mastership> {
    return this.#disk.masterships
  }

  close(): void {
    if (this.#open) for (const undo of this.#undo.reverse()) undo()
    this.#undo = []
    this.#open = false
  }

  entries(from: LogIndex, to: LogIndex, maxBytes: number): readonly LogEntry[] {
    const { base, entries } = this.#disk
    const found: LogEntry[] = []
    let bytes = 0
    for (let at = Math.max(0, from - base.index - 1); at < entries.length; at++) {
      const entry = entries[at]!
      bytes += entry.body.length
      if (entry.index > to || (found.length > 0 && bytes > maxBytes)) break
      found.push(entry)
    }
    return found
  }

  stateValue(key: string): Uint8Array | null {
    return this.#disk.state.get(key) ?? null
  }

  bucketLeaves(bucket: number): Uint8Array | null {
    return this.#disk.buckets.get(bucket)?.leaves ?? null
  }

  *bucketHashes(): Iterable<readonly [bucket: number, hash: Uint8Array]> {
    const { buckets } = this.#disk
    for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) yield [bucket, buckets.get(bucket)!.hash]
  }

  transaction(id: Hash): StoredTransaction | null {
    return this.#disk.transactions.get(id) ?? null
  }

  block(height: Height): StoredBlock | null {
    return this.#disk.blocks.get(height) ?? null
  }

  tip(): Height {
    return this.#disk.tip
  }

  #apply(write: NodeWrite): void {
    const disk = this.#disk
    switch (write.w) {
      case 'ownToken':
        this.#set('own', write.own)
        break
      case 'required':
        this.#set('required', write.required)
        break
      case 'reshape':
        this.#set('reshape', write.reshape)
        break
      case 'recovered':
        this.#set('recovered', write.token)
        break
      case 'crossed':
        this.#set('crossed', write.token)
        break
      case 'resync':
        this.#set('resync', { needed: write.needed, why: write.why })
        break
      case 'entry':
        this.#append(write.entry)
        break
      case 'truncate':
        this.#keepEntries((index) => index <= write.after)
        break
      case 'resetLog':
        this.#keepEntries(() => false)
        this.#set('base', write.base)
        break
      case 'compact':
        this.#keepEntries((index) => index > write.base.index)
        this.#set('base', write.base)
        break
      case 'mastership':
        this.#put(disk.masterships, write.mastership.cluster, write.mastership)
        break
      case 'block': {
        const { hash, bytes, certificate, result, height } = write
        this.#put(disk.blocks, height, { hash, bytes, certificate, result })
        if (height > disk.tip) this.#set('tip', height)
        break
      }
      case 'transaction': {
        const { height, index, receipt } = write
        this.#put(disk.transactions, write.id, { height, index, receipt })
        break
      }
      case 'state':
        this.#put(disk.state, write.key, write.value)
        break
      case 'bucket': {
        const { leaves, hash } = write
        this.#put(disk.buckets, write.bucket, leaves.length === 0 ? null : { leaves, hash })
        break
      }
      default:
        unreachable(write)
    }
  }

  #keepEntries(kept: (index: LogIndex) => boolean): void {
    this.#set(
      'entries',
      this.#disk.entries.filter(({ index }) => kept(index)),
    )
  }

  #append(entry: LogEntry): void {
    const { entries, base } = this.#disk
    const last = entries.at(-1)?.index ?? base.index
    if (entry.index !== last + 1) {
      throw new BatonError('STORAGE_FAILED', `log entry ${entry.index} does not follow ${last}`)
    }
    entries.push(entry)
    this.#undo.push(() => entries.pop())
  }

  #set<Field extends 'own' | 'required' | 'base' | 'entries' | 'reshape' | 'recovered' | 'crossed' | 'resync' | 'tip'>(
    field: Field,
    value: MemoryDisk[Field],
  ): void {
    const disk = this.#disk
    const before = disk[field]
    disk[field] = value
    this.#undo.push(() => {
      disk[field] = before
    })
  }

  /** `null` deletes. */
  #put<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | null): void {
    const before = map.get(key)
    if (value === null) map.delete(key)
    else map.set(key, value)
    this.#undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)))
  }
}
