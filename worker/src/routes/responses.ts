/** Pieces of answers that several routes share. */
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { z } from '@hono/zod-openapi'
import type { eventsSchema } from './schemas.ts'

/** An OpenAPI response with a JSON body. */
export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } }
}

export function pageOf(events: readonly ChainedEvent[], limit: number): z.infer<typeof eventsSchema> {
  const next = events.length < limit ? null : (events.at(-1)?.seq ?? null)
  return { events: [...events], next }
}
