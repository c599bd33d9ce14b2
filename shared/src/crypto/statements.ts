/** Signing and verifying statements: compact JWS (RFC 7515, RFC 9864) through `jose`, strict by ID6. */
import { CompactSign, type CryptoKey, compactVerify } from 'jose'
import type { Jws, PublicKey } from '../ids.ts'
import { type Failure, failure } from '../result.ts'
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from './bytes.ts'
import { importPublicKey } from './ed25519.ts'
import { explainIssues, STATEMENT_SCHEMAS, statementLimit } from './statement-schemas.ts'
import { STATEMENT_TYPES, type StatementKind, type StatementPayloads } from './statement-types.ts'
import { signatureProblem } from './strict-ed25519.ts'

/** The only algorithm: the name that leaves no choice of curve (RFC 9864). */
export const STATEMENT_ALGORITHM = 'Ed25519'

export type VerifiedStatement<Kind extends StatementKind> =
  | { readonly ok: true; readonly payload: StatementPayloads[Kind] }
  | Failure

/** Signs bytes with Ed25519: a key in memory, or a command that holds one. Resolves with the 64 bytes of the signature. */
export type SignBytes = (message: Uint8Array) => Promise<Uint8Array>

/** `signStatement` for a key that this process does not hold: the same text, byte for byte. */
export async function signStatementWith<Kind extends StatementKind>(
  kind: Kind,
  payload: StatementPayloads[Kind],
  sign: SignBytes,
): Promise<Jws> {
  const header = { alg: STATEMENT_ALGORITHM, typ: STATEMENT_TYPES[kind] }
  const texts = [header, STATEMENT_SCHEMAS[kind].parse(payload)].map((part) => JSON.stringify(part))
  const signed = texts.map((text) => toBase64Url(toUtf8(text))).join('.')
  return `${signed}.${toBase64Url(await sign(toUtf8(signed)))}` as Jws
}

/**
 * Signs the known fields of a payload in the order of its schema, so that equal payloads give equal statements.
 * Throws when the payload does not fit its schema: it is our own.
 */
export async function signStatement<Kind extends StatementKind>(
  kind: Kind,
  payload: StatementPayloads[Kind],
  privateKey: CryptoKey,
): Promise<Jws> {
  const bytes = toUtf8(JSON.stringify(STATEMENT_SCHEMAS[kind].parse(payload)))
  const header = { alg: STATEMENT_ALGORITHM, typ: STATEMENT_TYPES[kind] }
  return (await new CompactSign(bytes).setProtectedHeader(header).sign(privateKey)) as Jws
}

/**
 * The payload of a statement of this kind that one of the keys has signed, else `STATEMENT_INVALID`. Never throws.
 * The text is taken only in its one spelling (canonical base64url), so a statement can be compared and counted by its text.
 */
export async function verifyStatement<Kind extends StatementKind>(
  kind: Kind,
  jws: string,
  keys: readonly PublicKey[],
): Promise<VerifiedStatement<Kind>> {
  const verified = await verifySigned(kind, jws, keys)
  return verified.ok ? { ok: true, payload: verified.payload } : verified
}

/** `verifyStatement` for those who also ask which of the keys it was. */
export async function verifySigned<Kind extends StatementKind>(
  kind: Kind,
  jws: string,
  keys: readonly PublicKey[],
): Promise<{ readonly ok: true; readonly payload: StatementPayloads[Kind]; readonly signer: PublicKey } | Failure> {
  const read = peekStatement(kind, jws)
  if (!read.ok) return read
  const problem = signatureProblem(read.signature)
  if (problem !== null) return failure('STATEMENT_INVALID', `signature refused: ${problem}`)
  for (const key of keys) {
    const native = await importPublicKey(key)
    if (native !== null && (await signedBy(native, jws))) return { ok: true, payload: read.payload, signer: key }
  }
  return failure('STATEMENT_INVALID', `no key that may sign a ${kind} has signed this one`)
}

async function signedBy(key: CryptoKey, jws: string): Promise<boolean> {
  try {
    await compactVerify(jws, key, { algorithms: [STATEMENT_ALGORITHM] })
    return true
  } catch {
    return false
  }
}

export type PeekedStatement<Kind extends StatementKind> =
  | { readonly ok: true; readonly payload: StatementPayloads[Kind]; readonly signature: Uint8Array }
  | Failure

/**
 * Reads a statement WITHOUT verifying it: only to learn which cluster's or node's key to verify it with, and for logs.
 * Checks everything but the signature: size, spelling, `alg`, `typ`, schema.
 */
export function peekStatement<Kind extends StatementKind>(kind: Kind, jws: string): PeekedStatement<Kind> {
  if (jws.length > statementLimit(kind)) return failure('STATEMENT_INVALID', `the ${kind} is too long`)
  const [header, payload, signature, ...rest] = jws.split('.').map(fromBase64Url)
  if (!header || !payload || !signature || rest.length > 0) {
    return failure('STATEMENT_INVALID', `the ${kind} is not a compact JWS`)
  }
  const type = parseJson(header) as { readonly [field: string]: unknown } | null | undefined
  if (type?.alg !== STATEMENT_ALGORITHM || type.typ !== STATEMENT_TYPES[kind]) {
    return failure('STATEMENT_INVALID', `the header does not name ${STATEMENT_ALGORITHM} and ${STATEMENT_TYPES[kind]}`)
  }
  // `jose` knows one, by which the payload is another text than is read here (RFC 7797).
  if (type.crit !== undefined) return failure('STATEMENT_INVALID', 'the header asks for an extension')
  const parsed = STATEMENT_SCHEMAS[kind].safeParse(parseJson(payload))
  if (!parsed.success) return failure('STATEMENT_INVALID', `${kind}: ${explainIssues(parsed.error)}`)
  return { ok: true, payload: parsed.data, signature }
}

/** The `typ` that a text claims, unverified; null when it is no JWS. */
export function typeOf(jws: string): string | null {
  const header = fromBase64Url(jws.slice(0, Math.max(0, jws.indexOf('.'))))
  const type = header === null ? undefined : (parseJson(header) as { readonly typ?: unknown } | null | undefined)?.typ
  return typeof type === 'string' ? type : null
}

/** Undefined when the bytes are no JSON text. */
function parseJson(bytes: Uint8Array): unknown {
  const text = fromUtf8(bytes)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
