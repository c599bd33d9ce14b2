/**
 * Versions of a link's protocol. Each side says which it speaks, and both use the highest that is common: with N and N−1 in every
 * program, nodes and authority are upgraded one by one, in any order.
 */

/** Both ends included. */
export interface ProtocolRange {
  readonly min: number
  readonly max: number
}

/** A side as it is called in a sentence: `this node`, `the authority`. */
export interface Speaker extends ProtocolRange {
  readonly who: string
}

/** The highest version that both speak; null: there is none. */
export function agreedVersion(a: ProtocolRange, b: ProtocolRange): number | null {
  const version = Math.min(a.max, b.max)
  return version >= Math.max(a.min, b.min) ? version : null
}

/** Why two sides have no version in common, and which of them to upgrade: the one that is behind. */
export function disagreement(link: string, a: Speaker, b: Speaker): string {
  const behind = a.max < b.max ? a : b
  return `${speaks(a, ` ${link}`)}, ${speaks(b)}: upgrade ${behind.who}`
}

function speaks({ who, min, max }: Speaker, link = ''): string {
  return `${who} speaks version ${min === max ? max : `${min} to ${max}`}${link === '' ? '' : ` of the${link} protocol`}`
}
