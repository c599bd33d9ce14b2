/** The version of an HTTP request is the first part of its path (PV1). */
import { disagreement } from './versions.ts'

export const HTTP_PROTOCOL = { min: 1, max: 1 } as const

/** Why a path is of a version that `who` does not speak; null: it is, or it names none. */
export function httpDisagreement(path: string, who: string): string | null {
  const version = Number(/^\/v(\d{1,6})(?:\/|$)/.exec(path)?.[1] ?? HTTP_PROTOCOL.max)
  if (version >= HTTP_PROTOCOL.min && version <= HTTP_PROTOCOL.max) return null
  return disagreement('HTTP', { who, ...HTTP_PROTOCOL }, { who: 'the client', min: version, max: version })
}
