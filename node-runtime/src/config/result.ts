import type { BatonError } from '@baton/shared/errors'

/** A value, or the coded error that says why there is none. */
export type ConfigResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: BatonError }
