/** HTTP schemas of the control plane: the OpenAPI document is generated from them. */

import * as id from '@baton/shared/id-schemas'
import { LIMITS } from '@baton/shared/limits'
import { registryViewSchema } from '@baton/shared/protocol/control-schemas'
import { z } from '@hono/zod-openapi'

export const networkPath = z.object({ network: z.string().openapi({ example: 'receivables' }) })
export const clusterPath = networkPath.extend({ cluster: z.string().openapi({ example: 'c1' }) })

export const errorSchema = z
  .object({
    error: z.string().openapi({ example: 'STALE_VERSION' }),
    message: z.string(),
    remedy: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('Error')

export const registrySchema = z.object(registryViewSchema.shape).openapi('Registry')

export const refusalSchema = errorSchema
  .extend({
    retryAfterMs: z.int().nullable().openapi({ description: 'Ask again after this long; null: not before a change.' }),
    state: registrySchema.nullable(),
  })
  .openapi('Refusal')

/** A signed claim or reshape, and the certificate of the node that signed it: compact JWS both. */
export const requestBody = z.object({ statement: id.jws, certificate: id.jws }).openapi('SignedRequest')

export const statusSchema = z
  .object({
    cluster: z.string(),
    state: registrySchema.nullable().openapi({ description: 'Null while the founder has not registered.' }),
    heard: z.array(
      z.object({
        node: z.string(),
        site: z.string(),
        session: z.enum(['open', 'closed', 'none']),
        reportAgeMs: z.number().nullable(),
      }),
    ),
  })
  .openapi('ClusterStatus')

export const mastersSchema = z
  .object({
    version: z.int(),
    table: z.string().openapi({ description: 'The signed master table: a compact JWS.' }),
    masters: z.array(
      z.object({
        cluster: z.string(),
        generation: z.int(),
        epoch: z.int(),
        node: z.string(),
        recovering: z.boolean(),
        apiAddress: z.string().nullable().openapi({
          description: 'Where clients reach the node, as it says itself: a hint outside what is signed.',
        }),
      }),
    ),
  })
  .openapi('Masters')

export const eventsQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0).openapi({ description: 'Number of the last event known.' }),
  limit: z.coerce.number().int().positive().max(LIMITS.eventsPerPage).default(LIMITS.eventsPerPage),
})

export const followQuery = eventsQuery.extend({
  wait: z.coerce
    .number()
    .int()
    .nonnegative()
    .max(LIMITS.eventWaitMs / 1_000)
    .default(0)
    .openapi({ description: 'Seconds to wait when there is no event after that one.' }),
})

export const explanationSchema = z
  .object({
    cluster: z.string(),
    couldFailOver: z.boolean().openapi({ description: 'Were the master to die now, a standby would be granted.' }),
    to: z.string().nullable(),
    lines: z.array(z.string()).openapi({ description: 'Sentences for an operator, the most urgent first.' }),
    candidates: z.array(z.object({ node: z.string(), inSyncSet: z.boolean(), missing: z.array(z.string()) })),
    switchover: z.object({ to: z.string().nullable(), why: z.string().nullable() }),
    masterHeardMs: z.number().nullable(),
    alerts: z.array(z.object({ code: z.string(), why: z.string() })),
  })
  .openapi('Explanation')

export const actAnswerSchema = z
  .object({
    ok: z.literal(true),
    dryRun: z.boolean(),
    state: registrySchema.nullable(),
    events: z.array(z.unknown()).openapi({ description: 'What was recorded, or would be.' }),
  })
  .openapi('Done')

export const eventsSchema = z
  .object({
    events: z.array(
      z.object({
        seq: z.int(),
        at: z.int().openapi({ description: 'Wall-clock time of the authority, ms since 1970.' }),
        event: z.unknown(),
        previous: z.string(),
        hash: z.string().openapi({ description: 'SHA-256 over canonical CBOR of [previous, seq, at, event].' }),
      }),
    ),
    next: z.int().nullable().openapi({ description: 'Value of `after` for the next page; null at the end.' }),
  })
  .openapi('Events')
