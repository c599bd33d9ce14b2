/** Cases of ID6 that both runtimes run over the same vectors (`ed25519.json`). */
import { fromHex, toBase64Url } from '@baton/shared/crypto/bytes'
import { verifyEd25519 } from '@baton/shared/crypto/ed25519'
import { pointProblem, signatureProblem } from '@baton/shared/crypto/strict-ed25519'
import type { PublicKey } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import vectors from '../golden/ed25519.json' with { type: 'json' }

export const SIGNATURE_VECTORS = vectors.signatures

export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(fromHex(hex) ?? [])
}

export function registerStrictnessCases(): void {
  test.each(vectors.points)('[ID6] judges the point: $name', ({ hex, problem }) => {
    expect(pointProblem(bytesOf(hex))).toBe(problem)
  })

  test.each(vectors.signatures)(
    '[ID6] judges the signature: $name',
    async ({ key, message, signature, problem, valid }) => {
      expect(signatureProblem(bytesOf(signature))).toBe(problem)
      const publicKey = toBase64Url(bytesOf(key)) as PublicKey
      expect(await verifyEd25519(publicKey, bytesOf(message), bytesOf(signature))).toBe(valid)
    },
  )
}
