/**
 * MJ1: events as a member tells them. Their evidence has any form, for members of a newer version may have other kinds; what is recorded is read again for
 * ever, so what nobody could read is none.
 */
import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import { isDeeper } from '@baton/shared/json-text'
import { failure, type Result, success } from '@baton/shared/result'

/** Levels of evidence: the deepest of this version has four. Thousands would fail whoever reads the log, for ever. */
const LEVELS_MAX = 16

/** `BAD_REQUEST` when one of them cannot be recorded or passed on. */
export function checkTold(events: readonly RegistryEvent[]): Result<null> {
  for (const { event, evidence } of events) {
    if (isDeeper(evidence, LEVELS_MAX)) {
      return failure('BAD_REQUEST', `the evidence of ${event} is nested more than ${LEVELS_MAX} deep`)
    }
    // Whether it is an alert is read from this.
    if (
      evidence?.kind === 'claim' &&
      typeof (evidence.given as { kind?: unknown } | null | undefined)?.kind !== 'string'
    ) {
      return failure('BAD_REQUEST', `the claim of ${event} does not say what was given for it`)
    }
  }
  return success(null)
}
