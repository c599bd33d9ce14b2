/** The chain's own entries in a node's store, and the chain rebuilt from them at start-up. */
import { decodeStoredBlock } from '../../codec/block.ts'
import { encodeCanonical } from '../../codec/cbor.ts'
import type { FieldReader } from '../../codec/field-reader.ts'
import { hashToBytes } from '../../codec/hash-bytes.ts'
import type { Mastership } from '../../crypto/statement-types.ts'
import type { Epoch, Generation, Hash, Height, PublicKey } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { ChainReader, LedgerWrite } from '../../ports/node-store.ts'
import type { HashFunction } from '../step.ts'
import { SYSTEM_PREFIX } from './block-state.ts'
import { type ChainOrigin, type ChainState, genesisChain, type ResultParts, resultHash } from './chain.ts'
import { createStateTree, stateRoot } from './state-tree.ts'
import { damaged, storedField } from './stored-field.ts'
import { applyMasterships, byName, type TokenTable } from './tokens.ts'

const TOKENS_KEY = `${SYSTEM_PREFIX}tokens`
const PUBLIC_KEY_CHARACTERS = 43

/**
 * The chain as a node finds it on its disk. Recomputes the state root from the stored buckets and compares it with the
 * stored result. Throws `STORAGE_DAMAGED` (a `BatonError`) when they disagree.
 */
export function loadChain(hash: HashFunction, origin: ChainOrigin, reader: ChainReader): ChainState {
  const start = genesisChain(hash, origin)
  const height = reader.tip()
  if (height === 0) return start
  const stored = reader.block(height)
  if (stored === null) throw damaged(`no block at the tip, height ${height}`)
  const block = decodeStoredBlock(hash, stored.bytes)
  if (!block.ok) throw damaged(`block ${height}: ${block.why}`)
  const tree = createStateTree(hash, start.tree.buckets, reader.bucketHashes())
  const parts = readResultParts(reader, start.genesisResult, height)
  if (parts.state !== stateRoot(tree)) throw damaged(`the state at height ${height} is not the one that was executed`)
  if (resultHash(hash, parts) !== stored.result) throw damaged(`the result of height ${height} is not its parts' hash`)
  const tokens = readTokens(hash, start.tokens, reader)
  if (tokens.hash !== block.value.header.tokens) throw damaged(`the token table is not the one of block ${height}`)
  const tip = { height, hash: stored.hash, time: block.value.header.time, result: stored.result, parts }
  return { ...start, tip, tokens, tree, treeVersion: tree.version }
}

/** The parts of the result of an executed height above 0. Throws `STORAGE_DAMAGED`. */
export function readResultParts(
  reader: Pick<ChainReader, 'stateValue' | 'block'>,
  genesisResult: Hash,
  height: Height,
): ResultParts {
  const roots = storedField(reader.stateValue(rootsKey(height)), (fields) => ({
    state: fields.hash(),
    receipts: fields.hash(),
  }))
  const previous = height === 1 ? genesisResult : reader.block((height - 1) as Height)?.result
  if (roots === null || previous === undefined) throw damaged(`the result of height ${height} is incomplete`)
  return { previous, ...roots, height }
}

export function writeRoots(parts: ResultParts): LedgerWrite {
  const value = encodeCanonical([hashToBytes(parts.state), hashToBytes(parts.receipts)])
  return { w: 'state', key: rootsKey(parts.height), value }
}

export function writeTokens(table: TokenTable): LedgerWrite {
  const rows = [...table.masterships.values()]
    .sort((a, b) => byName(a.cluster, b.cluster))
    .map(({ cluster, generation, epoch, node, key, recovering, credential }) => {
      return [cluster, generation, epoch, node, key, recovering, credential.grant, credential.certificate]
    })
  return { w: 'state', key: TOKENS_KEY, value: encodeCanonical([rows]) }
}

function readTokens(hash: HashFunction, genesis: TokenTable, reader: ChainReader): TokenTable {
  const masterships = storedField(reader.stateValue(TOKENS_KEY), (fields) =>
    fields.list(LIMITS.clusters, (item) => item.array(readMastership)),
  )
  const table = applyMasterships(hash, genesis, masterships ?? [])
  if (!table.ok) throw damaged(`the token table: ${table.why}`)
  return table.value
}

/** Verified before it was stored. */
function readMastership(fields: FieldReader): Mastership {
  return {
    cluster: fields.cluster(),
    generation: fields.count() as Generation,
    epoch: fields.count() as Epoch,
    node: fields.node(),
    key: fields.text(PUBLIC_KEY_CHARACTERS) as PublicKey,
    recovering: fields.boolean(),
    credential: fields.credential(),
  }
}

function rootsKey(height: Height): string {
  return `${SYSTEM_PREFIX}roots/${height}`
}
