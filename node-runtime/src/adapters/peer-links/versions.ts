/** PV1 on the peer link: each side says its range in a header of the upgrade or of its answer. */
import type { IncomingHttpHeaders } from 'node:http'
import { agreedVersion, disagreement, type ProtocolRange } from '@baton/shared/protocol/versions'

export const PROTOCOL_HEADER = 'x-baton-protocol'

/** A program from before there was a choice says nothing. */
const UNSAID: ProtocolRange = { min: 1, max: 1 }

export function formatRange({ min, max }: ProtocolRange): string {
  return `${min}-${max}`
}

export type AgreedProtocol =
  | { readonly ok: true; readonly protocol: number }
  | { readonly ok: false; readonly why: string }

/** @param who the other side, for the reason */
export function agreeOn(ours: ProtocolRange, headers: IncomingHttpHeaders, who: string): AgreedProtocol {
  const said = headers[PROTOCOL_HEADER]
  const match = /^(\d{1,6})-(\d{1,6})$/.exec(String(said))
  if (said !== undefined && match === null) return { ok: false, why: `a range of versions that is none: ${said}` }
  const theirs = match === null ? UNSAID : { min: Number(match[1]), max: Number(match[2]) }
  const protocol = agreedVersion(ours, theirs)
  if (protocol !== null) return { ok: true, protocol }
  return { ok: false, why: disagreement('peer', { who: 'this node', ...ours }, { who, ...theirs }) }
}
