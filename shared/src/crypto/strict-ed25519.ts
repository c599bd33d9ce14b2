/**
 * ID6: what is refused before the native verify. Node (OpenSSL) and Workers (BoringSSL) disagree on points of small order and on
 * encodings that are not the shortest; whoever sees a signature accepted where another refuses it has a fork.
 * Both verify without the cofactor, so points of mixed order need no check here.
 */
import { fromBase64Url } from './bytes.ts'

/** 2^255 − 19, little-endian. */
const P = littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed')
/** Order of the base point: 2^252 + 27742317777372353535851937790883648493. */
const L = littleEndian('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed')

/** The y coordinates of the eight points whose order divides 8; their x differ only in the sign bit, which is masked out. */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000001',
  '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec',
  '05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826',
  '7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7',
].map(littleEndian)

export type PointProblem = 'wrong length' | 'not canonical' | 'small order'
export type SignatureProblem = PointProblem | 'S not below L'

/** Null when the encoding of a point may be handed to the native verify. */
export function pointProblem(point: Uint8Array): PointProblem | null {
  if (point.length !== 32) return 'wrong length'
  const y = Uint8Array.from(point)
  y[31] = (y[31] ?? 0) & 0x7f
  if (!below(y, P)) return 'not canonical'
  return SMALL_ORDER_Y.some((small) => !below(y, small) && !below(small, y)) ? 'small order' : null
}

/** Why a public key in base64url may not be used, or null. */
export function publicKeyProblem(key: string): PointProblem | 'not base64url' | null {
  const bytes = fromBase64Url(key)
  return bytes === null ? 'not base64url' : pointProblem(bytes)
}

/** Null when a 64-byte signature (R ‖ S) may be handed to the native verify. */
export function signatureProblem(signature: Uint8Array): SignatureProblem | null {
  if (signature.length !== 64) return 'wrong length'
  if (!below(signature.subarray(32), L)) return 'S not below L'
  return pointProblem(signature.subarray(0, 32))
}

function below(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function littleEndian(hex: string): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(62 - 2 * i, 64 - 2 * i), 16))
}
