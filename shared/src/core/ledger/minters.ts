/**
 * Who may mint: the owner keys of genesis, and whoever a minter has named in its own place. Only transactions change that, so every node knows the
 * same minters at every height; notices, which reach each node at a time of its own (ID1), change nothing here.
 */
import { encodeCanonical } from '../../codec/cbor.ts'
import { publicKeyBytes } from '../../codec/public-key.ts'
import type { Genesis } from '../../genesis.ts'
import { PUBLIC_KEY_PATTERN, type PublicKey } from '../../ids.ts'
import {
  applicationFailure,
  type CheckResult,
  type ExecutionOutcome,
  type QueryOutcome,
  type QueryView,
  type StateView,
} from './application.ts'
import { storedField } from './stored-field.ts'
import type { Action } from './types.ts'

export type ReplaceMinter = Extract<Action, { kind: 'replace-minter' }>

interface StoredMinter {
  /** Who mints in its place; null: it does itself. */
  readonly replacedBy: PublicKey | null
}

export class Minters {
  readonly #ofGenesis: ReadonlySet<PublicKey>

  constructor(genesis: Pick<Genesis, 'clusters'>) {
    this.#ofGenesis = new Set(genesis.clusters.flatMap(({ ownerKeys }) => ownerKeys))
  }

  mints(key: PublicKey, view: StateView): boolean {
    const known = this.#of(key, view)
    return known !== null && known.replacedBy === null
  }

  /** What refuses it here is for ever: a key that has been a minter never becomes one again. */
  check(sender: PublicKey, { to }: ReplaceMinter, view: StateView): CheckResult {
    if (!this.mints(sender, view)) return notMinter()
    return this.#of(to, view) === null ? { ok: true } : known(to)
  }

  execute(sender: PublicKey, action: ReplaceMinter, view: StateView): ExecutionOutcome {
    const checked = this.check(sender, action, view)
    if (!checked.ok) return checked
    const { to } = action
    return { ok: true, writes: [write(sender, { replacedBy: to }), write(to, { replacedBy: null })] }
  }

  /** `{mints, replacedBy}`. A key of genesis that nobody has replaced has no state of its own: the proof is of its absence. */
  query(key: string, view: QueryView): QueryOutcome {
    if (!PUBLIC_KEY_PATTERN.test(key)) return applicationFailure('BAD_REQUEST', `not a public key: ${key}`)
    const minter = key as PublicKey
    const value = { mints: this.mints(minter, view), replacedBy: this.#of(minter, view)?.replacedBy ?? null }
    return { ok: true, value, key: minterKey(minter) }
  }

  /** Null: it has never been one. */
  #of(key: PublicKey, view: StateView): StoredMinter | null {
    const stored = storedField(view.get(minterKey(key)), (fields) => ({
      replacedBy: fields.nullable(() => fields.publicKey()),
    }))
    return stored ?? (this.#ofGenesis.has(key) ? { replacedBy: null } : null)
  }
}

export function notMinter() {
  return applicationFailure('NOT_A_MINTER', 'only owner keys of the genesis mint, or the keys that took their place')
}

function minterKey(key: PublicKey): string {
  return `m/${key}`
}

function known(to: PublicKey) {
  return applicationFailure('KNOWN_MINTER', `${to} mints already, or has been replaced: name a key that never did`)
}

function write(key: PublicKey, { replacedBy }: StoredMinter) {
  const value = encodeCanonical([replacedBy === null ? null : publicKeyBytes(replacedBy)])
  return { key: minterKey(key), value }
}
