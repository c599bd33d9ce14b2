/**
 * Branded identifiers and units. A brand costs nothing at run time and keeps an epoch from being
 * passed where a height is wanted. The `as…` constructors check their input where it enters the system.
 */

declare const brand: unique symbol
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name }

export type NetworkId = Brand<string, 'NetworkId'>
export type ClusterId = Brand<string, 'ClusterId'>
/** Unique within a network, not only within its cluster. */
export type NodeId = Brand<string, 'NodeId'>
/** A data center or campus: the unit that fails together. */
export type SiteId = Brand<string, 'SiteId'>

/** Number of a restore of the registry (RG8); orders before the epoch. */
export type Generation = Brand<number, 'Generation'>
/** Number of a mastership, never reused; the fencing token (RG1). */
export type Epoch = Brand<number, 'Epoch'>
/** Raised by every change of a cluster's registry (RG1). */
export type Version = Brand<number, 'Version'>
/** Position in a cluster's replicated log; the first entry has index 1. */
export type LogIndex = Brand<number, 'LogIndex'>
/** Height of a block; the first block has height 1. */
export type Height = Brand<number, 'Height'>
/** Round of consensus within one height, from 0. */
export type Round = Brand<number, 'Round'>

/** SHA-256, 64 lower-case hex digits. Strings compare with `===` and serve as map keys. */
export type Hash = Brand<string, 'Hash'>
/** Ed25519 public key: 32 bytes in unpadded base64url, the `x` of a JWK. */
export type PublicKey = Brand<string, 'PublicKey'>
/** A compact JWS (RFC 7515). */
export type Jws = Brand<string, 'Jws'>

/** A length of time in milliseconds. */
export type Ms = Brand<number, 'Ms'>
/** A reading of a monotonic clock in milliseconds; its origin means nothing. */
export type Instant = Brand<number, 'Instant'>
/** Wall-clock time, milliseconds since 1970. Never used to decide mastership. */
export type UnixMs = Brand<number, 'UnixMs'>

/** `(generation, epoch)`: the order of masterships of one cluster. */
export interface Token {
  readonly generation: Generation
  readonly epoch: Epoch
}

/** Negative when `a` is the lower token, 0 when equal, positive when higher. */
export function compareTokens(a: Token, b: Token): number {
  return a.generation - b.generation || a.epoch - b.epoch
}

export function sameToken(a: Token, b: Token): boolean {
  return compareTokens(a, b) === 0
}

/** `3` for generation 0, else `2.3` (generation 2, epoch 3). */
export function formatToken(token: Token): string {
  return token.generation === 0 ? String(token.epoch) : `${token.generation}.${token.epoch}`
}

export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
export const HASH_PATTERN = /^[0-9a-f]{64}$/
export const PUBLIC_KEY_PATTERN = /^[A-Za-z0-9_-]{43}$/

/** True for 1 to 63 lower-case letters, digits and inner hyphens: what every id is made of. */
export function isName(value: string): boolean {
  return NAME_PATTERN.test(value)
}
