/** What every `NodeStore` does. Run over each implementation by a test file of its own. */
import { ZERO_HASH } from '@baton/shared/codec/hash-bytes'
import { logEntryHash } from '@baton/shared/codec/log-entry'
import type { LogEntry, RecordKind, RequiredSet } from '@baton/shared/core/guard/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type {
  ClusterId,
  Epoch,
  Generation,
  Hash,
  Height,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  PublicKey,
  Token,
  Version,
} from '@baton/shared/ids'
import type { LedgerWrite, LogBase, NodeStore, NodeWrite } from '@baton/shared/ports/node-store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/** One disk, on which a store is opened again and again. */
export interface StoreHarness {
  open(): NodeStore
  /** Changes the stored body of one committed log entry behind the store's back; no store is open. */
  damageEntry(index: LogIndex): void
  destroy(): void
}

const TOKEN: Token = { generation: 0 as Generation, epoch: 1 as Epoch }
const NEXT_TOKEN: Token = { generation: 0 as Generation, epoch: 2 as Epoch }
const bytes = (...values: number[]) => Uint8Array.from(values)
const hashOf = (text: string) => sha256(new TextEncoder().encode(text))

function recorded(version: number): RecordedReshape {
  const reshape = { network: 'n' as NetworkId, cluster: 'c1' as ClusterId, ...TOKEN, node: 'c1-a' as NodeId }
  return { reshape: { ...reshape, version: version as Version, syncSet: [reshape.node] }, statement: 'a.b.c' as Jws }
}

export function nodeStoreContract(name: string, create: () => StoreHarness): void {
  describe(`NodeStore: ${name}`, () => {
    let harness: StoreHarness
    let store: NodeStore
    beforeEach(() => {
      harness = create()
      store = harness.open()
    })
    afterEach(() => {
      store.close()
      harness.destroy()
    })

    const commit = (...writes: NodeWrite[]) => {
      store.apply(writes)
      store.commit()
    }
    const reopen = () => {
      store.close()
      store = harness.open()
    }

    test('an empty store has promised nothing and is at height 0', () => {
      expect(store.load()).toEqual({
        own: null,
        required: null,
        base: firstBase,
        entries: [],
        masterships: [],
        reshape: null,
        recovered: null,
        crossed: null,
        resyncNeeded: false,
        resyncWhy: '',
      })
      expect(store.tip()).toBe(0)
      expect(store.block(1 as Height)).toBeNull()
      expect(store.transaction(hashOf('none'))).toBeNull()
      expect(store.stateValue('none')).toBeNull()
      expect(store.bucketLeaves(0)).toBeNull()
      expect([...store.bucketHashes()]).toEqual([])
      expect(store.masterships().size).toBe(0)
    })

    test('[EL5, RG8] promises are there after a commit and a new process', () => {
      const own = { token: NEXT_TOKEN, node: 'c1-a' as NodeId }
      commit(
        { w: 'ownToken', own: { token: TOKEN, node: 'c1-b' as NodeId } },
        { w: 'ownToken', own },
        { w: 'required', required },
        { w: 'reshape', reshape: recorded(7) },
        { w: 'reshape', reshape: recorded(8) },
        { w: 'mastership', mastership: mastership('c1', 1) },
        { w: 'mastership', mastership: mastership('c2', 1) },
        { w: 'mastership', mastership: mastership('c1', 2) },
        { w: 'resync', needed: true, why: 'a torn log' },
      )
      reopen()
      const loaded = store.load()
      expect(loaded).toMatchObject({ own, required, reshape: recorded(8), resyncNeeded: true, resyncWhy: 'a torn log' })
      const byCluster = new Map(loaded.masterships.map((known) => [known.cluster, known]))
      expect(byCluster).toEqual(
        new Map([mastership('c1', 2), mastership('c2', 1)].map((known) => [known.cluster, known])),
      )
      expect(new Map(store.masterships())).toEqual(byCluster)
      commit({ w: 'resync', needed: false, why: '' })
      reopen()
      expect(store.load().resyncNeeded).toBe(false)
    })

    test('[RC3] the marks of recovery are there after a commit and a new process, the newest of each', () => {
      commit({ w: 'recovered', token: TOKEN }, { w: 'crossed', token: TOKEN }, { w: 'crossed', token: NEXT_TOKEN })
      store.apply([{ w: 'recovered', token: NEXT_TOKEN }])
      reopen()
      expect(store.load()).toMatchObject({ recovered: TOKEN, crossed: NEXT_TOKEN })
    })

    test('[GU1] what is not committed is seen at once and gone after the process died', () => {
      const [first, second] = chain(2)
      commit(entry(first!), state('a', bytes(1)))
      store.apply([entry(second!), state('a', bytes(2)), state('b', bytes(3)), block(1)])
      expect(store.entries(1 as LogIndex, 9 as LogIndex, 1_000)).toHaveLength(2)
      expect(store.stateValue('a')).toEqual(bytes(2))
      expect(store.tip()).toBe(1)
      reopen()
      expect(store.load().entries).toEqual([first])
      expect(store.stateValue('a')).toEqual(bytes(1))
      expect(store.stateValue('b')).toBeNull()
      expect(store.tip()).toBe(0)
    })

    test('[GU3] log entries keep every field, in order, through a new process', () => {
      const entries = chain(5, ['barrier', 'body', 'proposal', 'vote', 'decided'])
      commit(...entries.map(entry))
      reopen()
      expect(store.load().entries).toEqual(entries)
    })

    test('[GU3] truncation removes the entries above an index, and others can follow there', () => {
      const old = chain(5)
      commit(...old.map(entry))
      const last = { index: old[1]!.index, hash: old[1]!.hash, token: TOKEN }
      const other = chain(2, ['barrier', 'vote'], last, NEXT_TOKEN)
      commit({ w: 'truncate', after: 2 as LogIndex }, ...other.map(entry))
      reopen()
      expect(store.load().entries).toEqual([...old.slice(0, 2), ...other])
    })

    test('[GU6] compaction removes the entries up to the new base and keeps its hash and token', () => {
      const entries = chain(6)
      commit(...entries.map(entry))
      commit({ w: 'compact', base: baseAt(entries[3]!) })
      reopen()
      expect(store.load()).toMatchObject({ base: baseAt(entries[3]!), entries: entries.slice(4) })
      expect(store.entries(1 as LogIndex, 6 as LogIndex, 1_000)).toEqual(entries.slice(4))
    })

    test('[GU5] a reset removes the whole log and continues from a base that was never in it', () => {
      commit(...chain(3).map(entry))
      const base: LogBase = { index: 40 as LogIndex, hash: hashOf('elsewhere'), token: NEXT_TOKEN }
      const next = chain(1, ['vote'], base, NEXT_TOKEN)
      commit({ w: 'resetLog', base }, ...next.map(entry))
      reopen()
      expect(store.load()).toMatchObject({ base, entries: next })
    })

    test('[GU5] a range of entries ends at `to` and at the byte limit, but is never empty while there is one', () => {
      const entries = chain(4)
      commit(...entries.map(entry))
      const range = (from: number, to: number, max: number) =>
        store.entries(from as LogIndex, to as LogIndex, max).map(({ index }) => index)
      expect(entries[0]!.body).toHaveLength(10)
      expect(range(1, 4, 1_000)).toEqual([1, 2, 3, 4])
      expect(range(2, 3, 1_000)).toEqual([2, 3])
      expect(range(1, 4, 20)).toEqual([1, 2])
      expect(range(1, 4, 19)).toEqual([1])
      expect(range(3, 4, 1)).toEqual([3])
      expect(range(5, 9, 1_000)).toEqual([])
    })

    test('[EL6] an altered entry is reported as STORAGE_DAMAGED, never skipped', () => {
      commit(...chain(4).map(entry))
      store.close()
      harness.damageEntry(3 as LogIndex)
      store = harness.open()
      expect(() => store.load()).toThrow(expect.objectContaining({ code: 'STORAGE_DAMAGED' }))
    })

    test('blocks and transactions are found by height and id, and the tip is the highest block', () => {
      const receipt = bytes(9, 9)
      const id = hashOf('tx')
      commit({ w: 'transaction', id, height: 1 as Height, index: 4, receipt }, block(1))
      commit(block(2))
      reopen()
      expect(store.tip()).toBe(2)
      expect(store.transaction(id)).toEqual({ height: 1, index: 4, receipt })
      expect(store.block(1 as Height)).toEqual(stored(1))
      expect(store.block(2 as Height)).toEqual(stored(2))
      expect(store.block(3 as Height)).toBeNull()
    })

    test('state values are replaced and removed; keys are any text and compare exactly', () => {
      commit(
        state('a', bytes(1)),
        state('A', bytes(2)),
        state('a ', bytes(3)),
        state('é', bytes()),
        state('e\u0301', bytes(5)),
      )
      commit(state('a', bytes(6)), state('A', null), state('never', null))
      reopen()
      const values = ['a', 'A', 'a ', 'é', 'e\u0301', 'never'].map((key) => store.stateValue(key))
      expect(values).toEqual([bytes(6), null, bytes(3), bytes(), bytes(5), null])
    })

    test('buckets are replaced; one without leaves is gone, also from the hashes', () => {
      commit(bucket(3, 1), bucket(65_535, 2), bucket(7, 3))
      commit(bucket(3, 4), { w: 'bucket', bucket: 7, leaves: bytes(), hash: new Uint8Array(32) })
      reopen()
      expect(store.bucketLeaves(3)).toEqual(new Uint8Array(64).fill(4))
      expect(store.bucketLeaves(7)).toBeNull()
      const hashes = new Map([...store.bucketHashes()].map(([at, hash]) => [at, Uint8Array.from(hash)]))
      expect(hashes).toEqual(
        new Map([
          [3, new Uint8Array(32).fill(4)],
          [65_535, new Uint8Array(32).fill(2)],
        ]),
      )
    })

    test('bytes read are plain Uint8Arrays that equal what was written', () => {
      commit(state('a', bytes(1, 2)), ...chain(1).map(entry))
      reopen()
      expect(store.stateValue('a')?.constructor).toBe(Uint8Array)
      expect(store.load().entries[0]?.body.constructor).toBe(Uint8Array)
    })

    test('writes of one batch take effect in their order', () => {
      const entries = chain(3)
      commit(...entries.map(entry), { w: 'truncate', after: 1 as LogIndex }, state('a', null), state('a', bytes(1)))
      reopen()
      expect(store.load().entries).toEqual(entries.slice(0, 1))
      expect(store.stateValue('a')).toEqual(bytes(1))
    })
  })
}

const firstBase: LogBase = {
  index: 0 as LogIndex,
  hash: ZERO_HASH,
  token: { generation: 0 as Generation, epoch: 0 as Epoch },
}

const required: RequiredSet = {
  token: NEXT_TOKEN,
  version: 7 as Version,
  syncSet: ['c1-a', 'c1-b'] as NodeId[],
  pending: ['c1-c'] as NodeId[],
}

function mastership(cluster: string, epoch: number): Mastership {
  return {
    cluster: cluster as ClusterId,
    generation: 0 as Generation,
    epoch: epoch as Epoch,
    node: `${cluster}-a` as NodeId,
    key: 'k'.repeat(43) as PublicKey,
    recovering: false,
    credential: { grant: `g.${cluster}.${epoch}` as Jws, certificate: 'c.c.c' as Jws },
  }
}

/** Entries of 10 bytes that continue the hash chain from `base`. */
function chain(count: number, kinds: RecordKind[] = [], base = firstBase, token = TOKEN): LogEntry[] {
  const entries: LogEntry[] = []
  let previous: Hash = base.hash
  for (let i = 0; i < count; i++) {
    const index = (base.index + i + 1) as LogIndex
    const fields = { index, token, kind: kinds[i] ?? ('vote' as const), body: new Uint8Array(10).fill(index), previous }
    const next = { ...fields, hash: logEntryHash(sha256, fields) }
    entries.push(next)
    previous = next.hash
  }
  return entries
}

function baseAt({ index, hash, token }: LogEntry): LogBase {
  return { index, hash, token }
}

function entry(value: LogEntry): NodeWrite {
  return { w: 'entry', entry: value }
}

function state(key: string, value: Uint8Array | null): LedgerWrite {
  return { w: 'state', key, value }
}

function bucket(number: number, fill: number): LedgerWrite {
  return { w: 'bucket', bucket: number, leaves: new Uint8Array(64).fill(fill), hash: new Uint8Array(32).fill(fill) }
}

function stored(height: number) {
  return {
    hash: hashOf(`block ${height}`),
    bytes: bytes(1, height),
    certificate: bytes(2, height),
    result: hashOf(`result ${height}`),
  }
}

function block(height: number): LedgerWrite {
  return { w: 'block', height: height as Height, ...stored(height) }
}
