/** Shapes of the chain: transactions, blocks, certificates. Encodings live in `codec/`. */
import type { Credential } from '../../crypto/statement-types.ts'
import type { ClusterId, Epoch, Generation, Hash, Height, NetworkId, PublicKey, Round } from '../../ids.ts'

/** The part of a transaction that is signed. Its hash is the transaction's id: executed once, for ever. */
export interface Transaction {
  readonly network: NetworkId
  readonly sender: PublicKey
  /** Chosen by the sender; makes two otherwise equal transactions different. */
  readonly nonce: string
  readonly action: Action
}

export type Action =
  /** Write a record; refused when `ifVersion` is given and is not the record's version (0: must not exist). */
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly ifVersion?: number }
  /** Move an amount between accounts; `sequence` is the sender account's next number. */
  | { readonly kind: 'transfer'; readonly to: PublicKey; readonly amount: number; readonly sequence: number }
  /** Credit an account out of nothing: allowed to minters only, at first the owner keys of genesis. */
  | { readonly kind: 'mint'; readonly to: PublicKey; readonly amount: number }
  /** Name a key that mints in the sender's place: the sender mints no more, and never again. */
  | { readonly kind: 'replace-minter'; readonly to: PublicKey }

export interface SignedTransaction {
  readonly id: Hash
  readonly transaction: Transaction
  readonly signature: Uint8Array
  /** The exact bytes that travelled; never re-encoded. */
  readonly bytes: Uint8Array
}

/** Which token the proposer knows for each cluster, sorted by cluster (NW3). */
export interface TokenEntry {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly recovering: boolean
}

export interface BlockHeader {
  readonly network: NetworkId
  readonly height: Height
  readonly previous: Hash
  /** Wall clock of the proposer in ms, never below the previous block's. Informative. */
  readonly time: number
  readonly proposer: ClusterId
  readonly transactionsRoot: Hash
  /** Hash of the block's credentials: without it one block hash could have several bodies. */
  readonly credentials: Hash
  /** Hash of the token table after `credentials` were applied to the previous block's table. */
  readonly tokens: Hash
  /** Result hash after the previous block; of genesis for height 1. */
  readonly result: Hash
  /** Hash of the certificate of the previous block; zeros for height 1. */
  readonly lastCommit: Hash
}

export interface Block {
  readonly hash: Hash
  readonly header: BlockHeader
  /** Encoded signed transactions. */
  readonly transactions: readonly Uint8Array[]
  /** Grants and certificates of every token that is new against the previous block's table (ID8). */
  readonly credentials: readonly Credential[]
  /** The certificate of the previous block, as the proposer had it. */
  readonly lastCommit: CommitCertificate | null
  /** The whole encoded block. */
  readonly bytes: Uint8Array
}

/** One cluster's precommit inside a certificate. */
export interface CommitVote {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly signature: Uint8Array
}

/** Precommits of more than two thirds of the clusters for one block, sorted by cluster. */
export interface CommitCertificate {
  readonly height: Height
  readonly round: Round
  readonly block: Hash
  readonly votes: readonly CommitVote[]
  /** Credentials of votes whose token is above the block's own table. */
  readonly credentials: readonly Credential[]
}

/** What executing one transaction gave. */
export type Receipt =
  | { readonly id: Hash; readonly height: Height; readonly index: number; readonly ok: true; readonly data?: unknown }
  | {
      readonly id: Hash
      readonly height: Height
      readonly index: number
      readonly ok: false
      readonly code: string
      readonly why: string
    }

/** More than two thirds of `clusters`: the least number of votes that decides. */
export function quorum(clusters: number): number {
  return Math.floor((clusters * 2) / 3) + 1
}

/** f: how many of `clusters` may be faulty at once. */
export function faultsTolerated(clusters: number): number {
  return Math.floor((clusters - 1) / 3)
}
