/** zod schemas of the branded ids and units. The brand exists for the compiler only; at run time these are plain checks. */
import { z } from 'zod'
import { publicKeyProblem } from './crypto/strict-ed25519.ts'
import type {
  ClusterId,
  Epoch,
  Generation,
  Hash,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  PublicKey,
  SiteId,
  Token,
  UnixMs,
  Version,
} from './ids.ts'
import { HASH_PATTERN, NAME_PATTERN, PUBLIC_KEY_PATTERN } from './ids.ts'
import { LIMITS } from './limits.ts'

function branded<Value>(schema: z.ZodType): z.ZodType<Value, Value> {
  return schema as unknown as z.ZodType<Value, Value>
}

/** A whole number from 0 that is exact in JavaScript. */
export const count = z.int().nonnegative()

const name = z.string().regex(NAME_PATTERN, '1 to 63 lower-case letters, digits and inner hyphens')
export const networkId = branded<NetworkId>(name)
export const clusterId = branded<ClusterId>(name)
export const nodeId = branded<NodeId>(name)
export const siteId = branded<SiteId>(name)

export const generation = branded<Generation>(count)
export const epoch = branded<Epoch>(count)
/** Of something granted: epoch 0 belongs to nobody. */
export const grantedEpoch = branded<Epoch>(z.int().positive())
export const version = branded<Version>(count)
export const logIndex = branded<LogIndex>(count)
export const unixMs = branded<UnixMs>(count)
export const token: z.ZodType<Token, Token> = z.object({ generation, epoch })

export const hash = branded<Hash>(z.string().regex(HASH_PATTERN, '64 lower-case hex digits'))
/** Refuses keys of small order and non-canonical encodings (ID6). */
export const publicKey = branded<PublicKey>(
  z
    .string()
    .regex(PUBLIC_KEY_PATTERN, 'an Ed25519 public key in base64url, 43 characters')
    .refine((key) => publicKeyProblem(key) === null, 'not an acceptable Ed25519 public key (ID6)'),
)

function compactJws(characters: number): z.ZodType<Jws, Jws> {
  return branded<Jws>(
    z
      .string()
      .max(characters)
      .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'a compact JWS'),
  )
}
export const jws = compactJws(LIMITS.statementCharacters)
export const findingsJws = compactJws(LIMITS.findingsCharacters)
export const masterTableJws = compactJws(LIMITS.masterTableCharacters)

const PRINTABLE = /^[\x21-\x7e]+$/
/** `host:port` or a URL: no spaces, no control characters. */
export const address = z.string().max(LIMITS.addressCharacters).regex(PRINTABLE, 'printable ASCII')
export const nonce = z.string().max(LIMITS.nonceCharacters).regex(PRINTABLE, 'printable ASCII')
/** The name of a person or a job, as it stands in events: one line. */
export const operatorName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,63}$/u, 'up to 64 letters, digits, spaces and . _ @ + -')
export const why = z.string().max(LIMITS.whyCharacters)
export const nodeIds = z.array(nodeId).max(LIMITS.nodesPerCluster)
export const protocolRange = z.object({ min: count, max: count })
