/** What an attacker signs: any payload, whether or not it fits its schema, under any header. */
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { STATEMENT_TYPES, type StatementKind } from '@baton/shared/crypto/statement-types'
import { STATEMENT_ALGORITHM } from '@baton/shared/crypto/statements'
import type { Jws, PublicKey } from '@baton/shared/ids'

/** The neutral element: every signature with a multiple of it verifies where nobody looks (ID6). */
export const SMALL_ORDER_KEY = toBase64Url(Uint8Array.of(1, ...new Uint8Array(31))) as PublicKey

export async function forge(kind: StatementKind, payload: unknown, { privateKey }: KeyPair, header = {}): Promise<Jws> {
  const parts = [{ alg: STATEMENT_ALGORITHM, typ: STATEMENT_TYPES[kind], ...header }, payload]
  const signed = parts.map((part) => toBase64Url(toUtf8(JSON.stringify(part) ?? 'null'))).join('.')
  return `${signed}.${toBase64Url(await signEd25519(privateKey as never, toUtf8(signed)))}` as Jws
}

/** The payload of a statement, unverified; undefined when there is none. */
export function payloadIn(jws: string): unknown {
  const bytes = fromBase64Url(jws.split('.')[1] ?? '')
  try {
    return bytes === null ? undefined : JSON.parse(fromUtf8(bytes) ?? '')
  } catch {
    return undefined
  }
}
