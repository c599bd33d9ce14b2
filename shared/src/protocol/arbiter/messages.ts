/**
 * What the members of a majority say to each other, as text inside an `arbiter` message of the peer link; their value and seat have the same form
 * on disk and in the mirror at the edge (MJ1). Every field is checked here before anything reads it.
 */
import { z } from 'zod'
import type { ArbiterMessage } from '../../core/arbiter/messages.ts'
import type { Accepted, RegisterValue, Seat } from '../../core/arbiter/types.ts'
import type { ErrorCode } from '../../errors.ts'
import * as id from '../../id-schemas.ts'
import { isDeeper, parseJson } from '../../json-text.ts'
import { LIMITS } from '../../limits.ts'
import { failure, type Result } from '../../result.ts'
import { reportSchema } from '../control-schemas.ts'
import { acknowledgedSchema, createdSchema, registryJson } from './registry-schema.ts'

/** Levels of a text: the deepest of this version has eight, and fields of a later one are written down again as they came. */
const LEVELS_MAX = 32

const ballot = z.object({ counter: z.int().positive().max(LIMITS.raisedNumber), node: id.nodeId })
const valueSchema = z.object({ registry: createdSchema, proof: id.jws.nullable() })
const acceptedSchema = z.object({ ballot, value: valueSchema })
const seatSchema = z.object({ promised: ballot.nullable(), accepted: acceptedSchema.nullable() })

const hearing = z.object({
  listeningMs: id.count,
  reports: z
    .array(
      z.object({
        node: id.nodeId,
        ageMs: id.count,
        life: id.nonce,
        report: reportSchema,
        acknowledged: acknowledgedSchema,
        complete: z.boolean(),
      }),
    )
    .max(LIMITS.nodesPerCluster),
  links: z
    .array(z.object({ node: id.nodeId, state: z.enum(['open', 'closed']), ageMs: id.count }))
    .max(LIMITS.nodesPerCluster),
  grantedMs: id.count.nullable(),
  foreignSilence: z
    .object({ reporters: id.count, clusters: id.count, silentForMs: id.count, ageMs: id.count })
    .nullable(),
})

const messageSchema = z.discriminatedUnion('m', [
  z.object({ m: z.literal('prepare'), ballot }),
  z.object({ m: z.literal('promise'), ballot, accepted: acceptedSchema.nullable(), hearing }),
  z.object({ m: z.literal('accept'), ballot, value: valueSchema, founding: z.boolean() }),
  z.object({ m: z.literal('accepted'), ballot, signature: id.jws.nullable() }),
  z.object({ m: z.literal('refused'), ballot, promised: ballot }),
  z.object({ m: z.literal('decided'), decided: acceptedSchema }),
  z.object({ m: z.literal('report'), life: id.nonce, report: reportSchema, knows: ballot.nullable() }),
  z.object({ m: z.literal('heard'), life: id.nonce, report: id.count, knows: ballot.nullable() }),
  z.object({ m: z.literal('recall'), life: id.nonce }),
  z.object({
    m: z.literal('memory'),
    life: id.nonce,
    promised: ballot.nullable(),
    accepted: acceptedSchema.nullable(),
  }),
])

export function writeArbiterMessage(message: ArbiterMessage): string {
  switch (message.m) {
    case 'promise':
    case 'memory':
      return JSON.stringify({ ...message, accepted: acceptedJson(message.accepted) })
    case 'accept':
      return JSON.stringify({ ...message, value: valueJson(message.value) })
    case 'decided':
      return JSON.stringify({ ...message, decided: acceptedJson(message.decided) })
    default:
      return JSON.stringify(message)
  }
}

/** `PEER_MALFORMED` when it is none. Never throws. */
export function readArbiterMessage(text: string): Result<ArbiterMessage> {
  return readTold(messageSchema as unknown as z.ZodType<ArbiterMessage>, text, 'PEER_MALFORMED')
}

export function writeSeat({ promised, accepted }: Seat): string {
  return JSON.stringify({ promised, accepted: acceptedJson(accepted) })
}

/** `STORAGE_DAMAGED` when it is none. Never throws. Of any length: it is longer than the text of a peer that its value came in. */
export function readSeat(text: string): Result<Seat> {
  return read(seatSchema as unknown as z.ZodType<Seat>, text, 'STORAGE_DAMAGED')
}

export function writeValue(value: RegisterValue): string {
  return JSON.stringify(valueJson(value))
}

/** `BAD_REQUEST` when it is none. Never throws. */
export function readValue(text: string): Result<RegisterValue> {
  return readTold(valueSchema as unknown as z.ZodType<RegisterValue>, text, 'BAD_REQUEST')
}

function acceptedJson(accepted: Accepted | null): unknown {
  return accepted === null ? null : { ballot: accepted.ballot, value: valueJson(accepted.value) }
}

function valueJson({ registry, proof }: RegisterValue): unknown {
  return { registry: registryJson(registry), proof }
}

function readTold<T>(schema: z.ZodType<T>, text: string, code: ErrorCode): Result<T> {
  if (text.length > LIMITS.registerCharacters) return failure(code, `a text of ${text.length} characters`)
  return read(schema, text, code)
}

function read<T>(schema: z.ZodType<T>, text: string, code: ErrorCode): Result<T> {
  const parsed = parseJson(schema, text, code, 'it')
  if (parsed.ok && isDeeper(parsed.value, LEVELS_MAX)) return failure(code, `it is more than ${LEVELS_MAX} levels deep`)
  return parsed
}
