/** GU2, GU7, NW3: what a cluster signs is held, has its body, and never contradicts what it signed before. */
import type { LogRecord } from '@baton/shared/core/guard/records'
import type { LogEntry } from '@baton/shared/core/guard/types'
import type { UnsignedAct } from '@baton/shared/core/node/io'
import { compareTokens, type Height, type Token } from '@baton/shared/ids'
import { blockOf, recordIn } from '../decoded.ts'
import type { Host } from '../host.ts'
import { electableWith, isVoid, type Scene } from './scene.ts'

export class Acts {
  signatures = 0
  readonly #scene: Scene
  /** cluster, height, round and type → what was signed, of proposals and votes. */
  readonly #acts = new Map<string, string>()
  readonly #all: { readonly place: string; readonly value: string }[] = []

  constructor(scene: Scene) {
    this.#scene = scene
  }

  signed(host: Host, token: Token, unsigned: UnsignedAct): void {
    this.signatures += 1
    const act = placeOf(unsigned)
    const entry = entryOf(host, token, unsigned)
    if (entry !== null) this.#recorded(host, entry, unsigned, act.place)
    else if (heightOf(unsigned) > host.state.chain.tip.height) {
      // That of an executed height may be compacted away.
      this.#scene.breach('GU2 signs only what is held', `${host.node} signs ${act.place} without a record of it`)
    }
    const first = this.#acts.get(act.place)
    this.#all.push(act)
    if (first === undefined) this.#acts.set(act.place, act.value)
    else if (first !== act.value) {
      this.#scene.breach('NW3 no two acts for one place', `${act.place} as ${first} and ${act.value}`)
    }
  }

  recount(): void {
    const acts = new Map<string, string>()
    for (const { place, value } of this.#all) {
      const first = acts.get(place) ?? value
      acts.set(place, first)
      if (first !== value) this.#scene.breach('NW3 no two acts for one place', `${place} as ${first} and ${value}`)
    }
    if (acts.size !== this.#acts.size) this.#scene.breach('the recount agrees', 'the acts of a cluster were miscounted')
  }

  #recorded(host: Host, entry: LogEntry, unsigned: UnsignedAct, what: string): void {
    const required = isVoid(this.#scene, host.cluster, entry.token) ? [] : electableWith(this.#scene, host)
    for (const other of required) {
      if (other.hasDurably(entry.index, entry.hash)) continue
      const where = `not on the disk of ${other.node}`
      this.#scene.breach('GU2 signs only what is held', `${host.node} signs ${what}, ${where}`)
    }
    if (!hasBody(host, entry, unsigned)) {
      this.#scene.breach('GU7 signs only with the body', `${host.node} signs ${what} before it has the body`)
    }
  }
}

/** The block of a proposal or of a non-nil vote stands in the log before it, or was executed. */
function hasBody(host: Host, { index }: LogEntry, unsigned: UnsignedAct): boolean {
  const block = unsigned.act === 'vote' ? unsigned.vote.block : unsigned.proposal.block
  if (block === null || heightOf(unsigned) <= host.state.chain.tip.height) return true
  const { entries } = host.disk
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at]!
    if (entry.kind === 'body' && entry.index < index && blockOf(entry.body).hash === block) return true
  }
  return false
}

/** The record of this act under its own token: by the time it leaves, a new mastership of this node may have written it down anew. */
function entryOf(host: Host, token: Token, unsigned: UnsignedAct): LogEntry | null {
  const { entries } = host.disk
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at]!
    const order = compareTokens(entry.token, token)
    if (order < 0) break
    if (order === 0 && entry.kind === unsigned.act && isRecordOf(recordIn(entry), unsigned)) return entry
  }
  return null
}

function isRecordOf(record: LogRecord, unsigned: UnsignedAct): boolean {
  if (unsigned.act === 'vote') {
    const { height, round, type, block } = unsigned.vote
    return (
      record.kind === 'vote' &&
      record.height === height &&
      record.round === round &&
      record.type === type &&
      record.block === block
    )
  }
  const { height, round, validRound, block } = unsigned.proposal
  return (
    record.kind === 'proposal' &&
    record.height === height &&
    record.round === round &&
    record.validRound === validRound &&
    record.block === block
  )
}

function placeOf(unsigned: UnsignedAct): { readonly place: string; readonly value: string } {
  if (unsigned.act === 'vote') {
    const { cluster, height, round, type, block } = unsigned.vote
    return { place: `${cluster} ${height}/${round} ${type}`, value: String(block) }
  }
  const { cluster, height, round, validRound, block } = unsigned.proposal
  return { place: `${cluster} ${height}/${round} proposal`, value: `${block} from ${validRound}` }
}

function heightOf(unsigned: UnsignedAct): Height {
  return unsigned.act === 'vote' ? unsigned.vote.height : unsigned.proposal.height
}
