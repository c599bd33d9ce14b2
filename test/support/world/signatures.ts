/**
 * How acts are signed in a world. By default with a keyed hash: the world holds the keys, so nobody else can make one. With real
 * Ed25519 where the cryptography itself is to be part of the run.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { proposalSignBytes, voteSignBytes } from '@baton/shared/codec/vote'
import type { Proposal, Vote } from '@baton/shared/core/consensus/messages'
import { toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { NetworkId, PublicKey } from '@baton/shared/ids'

export type UnsignedVote = Omit<Vote, 'signature'>
export type UnsignedProposal = Omit<Proposal, 'signature'>

export interface Signer {
  vote(key: PublicKey, vote: UnsignedVote): Uint8Array
  proposal(key: PublicKey, proposal: UnsignedProposal): Uint8Array
  isVote(key: PublicKey, vote: Vote): boolean
  isProposal(key: PublicKey, proposal: Proposal): boolean
}

const SIGNATURE_BYTES = 64

export class KeyedHashSigner implements Signer {
  readonly #scratch = new Int32Array(SIGNATURE_BYTES / 4)

  vote(key: PublicKey, vote: UnsignedVote): Uint8Array {
    return this.#bytes(voteTag(key, vote))
  }

  proposal(key: PublicKey, proposal: UnsignedProposal): Uint8Array {
    return this.#bytes(proposalTag(key, proposal))
  }

  isVote(key: PublicKey, vote: Vote): boolean {
    return hasTag(vote.signature, voteTag(key, vote))
  }

  isProposal(key: PublicKey, proposal: Proposal): boolean {
    return hasTag(proposal.signature, proposalTag(key, proposal))
  }

  #bytes(tag: number): Uint8Array {
    this.#scratch[0] = tag
    return new Uint8Array(this.#scratch.buffer.slice(0))
  }
}

export class Ed25519Signer implements Signer {
  readonly #network: NetworkId
  readonly #pairs = new Map<PublicKey, { readonly secret: KeyObject; readonly open: KeyObject }>()

  constructor(network: NetworkId) {
    this.#network = network
  }

  vote(key: PublicKey, vote: UnsignedVote): Uint8Array {
    return new Uint8Array(sign(null, voteSignBytes(this.#network, vote), this.#pair(key).secret))
  }

  proposal(key: PublicKey, proposal: UnsignedProposal): Uint8Array {
    return new Uint8Array(sign(null, proposalSignBytes(this.#network, proposal), this.#pair(key).secret))
  }

  isVote(key: PublicKey, vote: Vote): boolean {
    return this.isSigned(key, voteSignBytes(this.#network, vote), vote.signature)
  }

  isProposal(key: PublicKey, proposal: Proposal): boolean {
    return this.isSigned(key, proposalSignBytes(this.#network, proposal), proposal.signature)
  }

  isSigned(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, message, this.#pair(key).open, signature)
  }

  /** The pair whose name in the world is `key`. */
  #pair(key: PublicKey) {
    const known = this.#pairs.get(key)
    if (known !== undefined) return known
    const seed = Buffer.from(sha256(toUtf8(`seed of ${key}`)), 'hex')
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    const pair = { secret, open: createPublicKey(secret) }
    this.#pairs.set(key, pair)
    return pair
  }
}

function voteTag(key: PublicKey, { cluster, generation, epoch, height, round, type, block }: UnsignedVote): number {
  let tag = mix(mix(mix(7, key), cluster), type)
  tag = mixNumbers(tag, generation, epoch, height, round)
  return mix(tag, block ?? 'nil')
}

function proposalTag(key: PublicKey, proposal: UnsignedProposal): number {
  const { cluster, generation, epoch, height, round, validRound, block } = proposal
  const tag = mixNumbers(mix(mix(11, key), cluster), generation, epoch, height, round)
  return mix(mixNumbers(tag, validRound, 0, 0, 0), block)
}

function hasTag(signature: Uint8Array, tag: number): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false
  return (
    signature[0] === (tag & 0xff) &&
    signature[1] === ((tag >>> 8) & 0xff) &&
    signature[2] === ((tag >>> 16) & 0xff) &&
    signature[3] === ((tag >>> 24) & 0xff)
  )
}

function mix(tag: number, text: string): number {
  let mixed = tag
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193)
  return mixed
}

function mixNumbers(tag: number, a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(tag ^ a, 0x01000193)
  mixed = Math.imul(mixed ^ b, 0x01000193)
  mixed = Math.imul(mixed ^ c, 0x01000193)
  return Math.imul(mixed ^ d, 0x01000193)
}
