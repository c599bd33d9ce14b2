/** A node's view of the chain at its tip: what the next block is judged against and executed on. */
import { encodeCanonical } from '../../codec/cbor.ts'
import { hashToBytes } from '../../codec/hash-bytes.ts'
import { type ClusterId, HASH_PATTERN, type Hash, type Height, type NetworkId } from '../../ids.ts'
import type { HashFunction } from '../step.ts'
import type { Application } from './application.ts'
import { createStateTree, DEFAULT_BUCKETS, type StateTree, stateRoot } from './state-tree.ts'
import { genesisTokens, type TokenTable } from './tokens.ts'

/** Result hash of a height = hash over these: who knows the result can check each part. */
export interface ResultParts {
  /** Result hash of the height before. */
  readonly previous: Hash
  readonly state: Hash
  readonly receipts: Hash
  readonly height: Height
}

export interface ChainTip {
  readonly height: Height
  /** Hash of the block; the genesis hash at height 0. */
  readonly hash: Hash
  readonly time: number
  readonly result: Hash
  readonly parts: ResultParts
}

/**
 * Executing a block changes `tree` in place (a copy of 2 MB for each block would cost more than the block), so a chain
 * state is used up by `executeBlock`: only the one it returns goes on. `treeVersion` catches a mistake.
 */
export interface ChainState {
  readonly network: NetworkId
  /** Result hash before the first block. */
  readonly genesisResult: Hash
  readonly tip: ChainTip
  readonly tokens: TokenTable
  readonly tree: StateTree
  readonly treeVersion: number
}

export interface ChainOrigin {
  readonly network: NetworkId
  /** Hash of the genesis document: the predecessor of block 1. */
  readonly genesis: Hash
  readonly clusters: readonly ClusterId[]
  readonly application: Application
  /** Buckets of the state tree, a power of 16; the same on all nodes of a network. */
  readonly buckets?: number
}

/** The chain before its first block. */
export function genesisChain(hash: HashFunction, origin: ChainOrigin): ChainState {
  const tree = createStateTree(hash, origin.buckets ?? DEFAULT_BUCKETS)
  const layout = encodeCanonical(['baton-state/1', origin.application.snapshot, tree.buckets])
  const parts: ResultParts = {
    previous: origin.genesis,
    state: stateRoot(tree),
    receipts: hash(layout),
    height: 0 as Height,
  }
  const genesisResult = resultHash(hash, parts)
  const tip = { height: parts.height, hash: origin.genesis, time: 0, result: genesisResult, parts }
  const tokens = genesisTokens(hash, origin.clusters)
  return { network: origin.network, genesisResult, tip, tokens, tree, treeVersion: tree.version }
}

/** `previous result ‖ state root ‖ receipts root ‖ height` under a domain of its own. */
export function resultHash(hash: HashFunction, parts: ResultParts): Hash {
  const { previous, state, receipts, height } = parts
  return hash(
    encodeCanonical(['baton-result/1', hashToBytes(previous), hashToBytes(state), hashToBytes(receipts), height]),
  )
}

/** For parts from outside: `resultHash` takes only well-formed ones. */
export function areResultParts({ previous, state, receipts, height }: ResultParts): boolean {
  return [previous, state, receipts].every((part) => HASH_PATTERN.test(part)) && Number.isSafeInteger(height)
}
