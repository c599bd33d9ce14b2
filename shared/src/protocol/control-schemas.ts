/** zod schemas of the control link: every frame is checked here before anything reads it. */
import { z } from 'zod'
import type { OperatorAction, Outcome, RegistryEvent } from '../core/registry/messages.ts'
import { credential } from '../crypto/statement-schemas.ts'
import { type ErrorCode, isErrorCode } from '../errors.ts'
import * as id from '../id-schemas.ts'
import { NAME_PATTERN } from '../ids.ts'
import { parseJson } from '../json-text.ts'
import { LIMITS } from '../limits.ts'
import { failure, type Result } from '../result.ts'
import type { FromAuthority, ToAuthority } from './control.ts'

const noticesSchema = z.object({ t: z.literal('notices'), notices: z.array(id.jws).max(LIMITS.noticesPerFrame) })

const errorCode = z.string().min(1).max(64)

export const memberViewSchema = z.object({
  node: id.nodeId,
  site: id.siteId,
  certificate: id.jws,
  peerAddress: id.address,
  apiAddress: id.address,
  priority: z.int(),
  noFailover: z.boolean(),
})

export const orderViewSchema = z.object({
  id: id.nonce,
  node: id.nodeId,
  cause: z.enum(['threshold', 'operator']),
  why: id.why,
})

export const quarantineViewSchema = z.object({
  node: id.nodeId,
  order: id.nonce,
  cause: z.enum(['threshold', 'operator']),
  why: id.why,
  at: id.unixMs,
  evicted: z.boolean(),
  verified: id.count.nullable(),
})

export const switchoverViewSchema = z.object({
  id: id.nonce,
  to: id.nodeId.nullable(),
  by: id.why,
  why: id.why,
  at: id.unixMs,
  until: id.unixMs,
  due: z.boolean(),
})

export const registryViewSchema = z.object({
  network: id.networkId,
  cluster: id.clusterId,
  generation: id.generation,
  epoch: id.epoch,
  version: id.version,
  master: id.nodeId,
  syncSet: id.nodeIds,
  coming: id.nodeId.nullable(),
  recovering: z.boolean(),
  members: z.array(memberViewSchema).max(LIMITS.nodesPerCluster),
  lastClean: z.object({ token: id.token, syncSet: id.nodeIds }).nullable(),
  bars: id.nodeIds,
  quarantine: z.array(quarantineViewSchema).max(LIMITS.nodesPerCluster).optional(),
  orders: z.array(orderViewSchema).max(LIMITS.nodesPerCluster),
  pause: z.object({ by: id.why, why: id.why, until: id.unixMs }).nullable(),
  switchover: switchoverViewSchema.nullable().optional(),
  frozen: id.why.nullable(),
  reshape: id.jws.nullable().optional(),
  recorded: id.jws.nullable().optional(),
  credential,
})

const replySchema = z.discriminatedUnion('ok', [
  z.object({ t: z.literal('reply'), request: id.count, ok: z.literal(true), state: registryViewSchema }),
  z.object({
    t: z.literal('reply'),
    request: id.count,
    ok: z.literal(false),
    code: errorCode,
    why: id.why,
    retryAfterMs: id.count.nullable(),
    state: registryViewSchema.nullable(),
  }),
])

const operatorActionSchema: z.ZodType<OperatorAction> = z.discriminatedUnion('act', [
  z.object({ act: z.enum(['order', 'evict']), id: id.nonce, node: id.nodeId }),
  z.object({ act: z.literal('switchover'), id: id.nonce, to: id.nodeId.nullable(), at: id.unixMs }),
  z.object({ act: z.enum(['clear', 'allow-data-loss']), node: id.nodeId }),
  z.object({ act: z.literal('pause'), until: id.unixMs }),
  z.object({ act: z.enum(['cancel-switchover', 'resume', 'confirm-fenced', 'end-recovery']) }),
])

const edgeAskSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('order'), order: orderViewSchema, bars: z.boolean() }),
  z.object({
    kind: z.literal('operator'),
    authorization: id.jws,
    why: z.string().max(LIMITS.operatorTextCharacters),
    action: operatorActionSchema,
    against: id.version.optional(),
  }),
])

const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({
    ok: z.literal(false),
    code: z.custom<ErrorCode>(isErrorCode, 'an error code'),
    why: id.why,
    retryAfterMs: id.count.nullable(),
  }),
])

/** RG11, as a member tells it: kinds and evidence are its own, and are recorded as they are. */
const registryEventSchema = z.object({
  event: z.string().regex(NAME_PATTERN),
  who: id.why,
  why: id.why,
  code: z.custom<ErrorCode>(isErrorCode, 'an error code').nullable(),
  evidence: z.looseObject({ kind: z.string().regex(NAME_PATTERN) }).nullable(),
  after: z.object({
    generation: id.generation.nullable(),
    epoch: id.epoch.nullable(),
    version: id.version.nullable(),
    master: id.nodeId.nullable(),
    syncSet: id.nodeIds,
  }),
}) as unknown as z.ZodType<RegistryEvent>

export const fromAuthoritySchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('challenge'), challenge: id.nonce, protocol: id.protocolRange }),
  z.object({
    t: z.literal('welcome'),
    state: registryViewSchema.nullable(),
    masters: id.masterTableJws,
    graceMs: id.count,
  }),
  z.object({ t: z.literal('state'), state: registryViewSchema }),
  replySchema,
  z.object({ t: z.literal('sessionClosed'), node: id.nodeId }),
  z.object({ t: z.literal('masters'), table: id.masterTableJws }),
  z.object({ t: z.literal('heard'), report: id.count, version: id.version }),
  z.object({ t: z.literal('refused'), code: errorCode, why: id.why }),
  z.object({ t: z.literal('ask'), request: id.count, ask: edgeAskSchema }),
  z.object({ t: z.literal('foreignSilence'), reporters: id.count, clusters: id.count, silentForMs: id.count }),
  noticesSchema,
])

/** What a node says of itself, to whichever arbiter its cluster has (RG3). */
export const reportSchema = z.object({
  report: id.count,
  token: id.token,
  role: z.enum(['master', 'follower']),
  stalled: z.boolean(),
  durableIndex: id.logIndex,
  height: id.count,
  heardMasterMs: id.count.nullable(),
  heardSyncSetMs: id.count.nullable(),
  complete: z.boolean().optional(),
  longest: id.logIndex.optional(),
})

export const recoveredBySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('height'), height: id.count }),
  z.object({ kind: z.literal('log'), from: id.nodeId }),
])

export const toAuthoritySchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('hello'), certificate: id.jws, proof: id.jws }),
  reportSchema.extend({ t: z.literal('report') }),
  z.object({ t: z.literal('claim'), request: id.count, claim: id.jws }),
  z.object({ t: z.literal('reshape'), request: id.count, reshape: id.jws }),
  z.object({ t: z.literal('confirm'), request: id.count, token: id.token }),
  z.object({
    t: z.literal('recovered'),
    request: id.count,
    token: id.token,
    by: recoveredBySchema,
  }),
  z.object({ t: z.literal('verified'), request: id.count, token: id.token, height: id.count }),
  z.object({ t: z.literal('shown'), credential: credential.nullable(), reshape: id.jws.nullable() }),
  z.object({ t: z.literal('results'), report: id.jws }),
  z.object({ t: z.literal('findings'), findings: id.findingsJws }),
  z.object({ t: z.literal('getMasters') }),
  z.object({
    t: z.literal('mirror'),
    value: z.string().max(LIMITS.registerCharacters),
    events: z.array(registryEventSchema).max(LIMITS.eventsPerFrame),
  }),
  z.object({
    t: z.literal('asked'),
    request: id.count,
    outcome: outcomeSchema,
    events: z.array(registryEventSchema).max(LIMITS.eventsPerFrame),
  }),
  noticesSchema,
])

/** A frame of a node; `BAD_REQUEST` when it is none, `BODY_TOO_LARGE` above the limit. Never throws. */
export function parseToAuthority(text: string): Result<ToAuthority> {
  return parseFrame(toAuthoritySchema, text, 'BAD_REQUEST')
}

/** A frame of the authority; `PEER_MALFORMED` when it is none. Never throws. */
export function parseFromAuthority(text: string): Result<FromAuthority> {
  return parseFrame(fromAuthoritySchema, text, 'PEER_MALFORMED')
}

function parseFrame<T>(schema: z.ZodType<T>, text: string, code: ErrorCode): Result<T> {
  if (text.length > LIMITS.controlFrameBytes) return failure('BODY_TOO_LARGE', `a frame of ${text.length} characters`)
  return parseJson(schema, text, code, 'the frame')
}
