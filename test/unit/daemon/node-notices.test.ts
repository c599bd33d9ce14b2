import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, onTestFinished, test } from 'vitest'
import { NodeNotices } from '../../../node-runtime/src/daemon/node-notices.ts'
import {
  AUTHORITY,
  C1,
  C2,
  DELEGATE,
  GENESIS,
  NODE,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'

const revocationOf = (change: Partial<Revocation> = {}, by: KeyPair = OWNER_C1) =>
  signStatement('revocation', { ...PAYLOADS.revocation, ...change }, by.privateKey)
const CERTIFICATE = { cluster: C1, key: NODE.publicKey }

function opened(folder = newFolder()) {
  const taken: string[] = []
  const notices = new NodeNotices({
    genesis: GENESIS,
    dataFolder: folder,
    onTaken: ({ payload }) => void taken.push('id' in payload ? payload.id : 'keys'),
  })
  return { folder, notices, taken }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-notices-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('[ID8] a revocation counts once it is on disk, and is there after a restart', async () => {
  const { folder, notices, taken } = opened()
  const revocation = await revocationOf()
  expect(notices.revocations.of(CERTIFICATE)).toBeNull()
  expect((await notices.take([revocation, revocation])).fresh).toEqual([revocation])
  expect((await notices.take([revocation])).fresh).toEqual([])
  expect(taken).toEqual(['revocation-1'])
  expect(opened(folder).notices.revocations.of(CERTIFICATE)).toMatchObject({ reason: 'the host was stolen' })
  expect(opened(folder).notices.all()).toEqual([revocation])
})

test('[ID8] a line that a crash has cut off takes no other along', async () => {
  const { folder, notices } = opened()
  const [first, second] = [await revocationOf(), await revocationOf({ id: 'revocation-2' })]
  await notices.take([first])
  appendFileSync(join(folder, 'notices.jws'), second.slice(0, 100))
  const again = opened(folder).notices
  expect(again.all()).toEqual([first])
  await again.take([second])
  expect(opened(folder).notices.all()).toEqual([first, second])
})

test('[ID4, ID8] nobody else revokes: another owner, the authority, the node itself', async () => {
  const { folder, notices } = opened()
  for (const by of [OWNER_C2, AUTHORITY, NODE]) {
    expect((await notices.take([await revocationOf({}, by)])).fresh).toEqual([])
  }
  expect(() => readFileSync(join(folder, 'notices.jws'))).toThrow('ENOENT')
  // An owner may say what it likes of its own cluster, and that is all.
  await notices.take([await revocationOf({ cluster: C2 }, OWNER_C2)])
  expect(notices.revocations.of(CERTIFICATE)).toBeNull()
})

test('[ID3, ID8] a revoked token revokes whom it certified, and nobody else', async () => {
  const { notices } = opened()
  const token = await signStatement('joinToken', PAYLOADS.joinToken, OWNER_C1.privateKey)
  await notices.take([await revocationOf({ subject: { kind: 'token', token: PAYLOADS.joinToken.id } })])
  expect(notices.revocations.of({ ...CERTIFICATE, key: DELEGATE.publicKey, token })).not.toBeNull()
  expect(notices.revocations.of(CERTIFICATE)).toBeNull()
})

test('[ID8] not more notices are kept than the limit says', async () => {
  const { notices } = opened()
  const many = await Promise.all(
    Array.from({ length: LIMITS.notices + 3 }, (_, at) => revocationOf({ id: `revocation-${at}` })),
  )
  expect((await notices.take(many)).fresh).toHaveLength(LIMITS.notices)
})

test('[ID1, ID8] an owner’s new key is there after a restart; what a peer brings of the old one counts in its window only', async () => {
  const { folder, notices } = opened()
  const { network, cluster, until } = PAYLOADS.ownerRotation
  const signed = await signStatement('ownerRotation', PAYLOADS.ownerRotation, OWNER_C1.privateKey)
  const rotation = await signStatement('recordedRotation', { network, cluster, rotation: signed }, AUTHORITY.privateKey)
  const [old, anew] = [await revocationOf(), await revocationOf({ id: 'revocation-2' }, OUTSIDER)]
  expect((await notices.take([anew])).fresh).toEqual([])
  // Told in the wrong order, too.
  expect((await notices.take([anew, rotation])).fresh).toEqual([rotation, anew])
  expect((await notices.take([old], until)).fresh).toEqual([])
  expect((await notices.take([old], (until - 1) as UnixMs)).fresh).toEqual([old])
  const again = opened(folder).notices
  expect(again.all()).toEqual([rotation, anew, old])
  expect(again.aboutKeys()).toEqual([rotation])
  expect(again.trust.ownerKeyEnds).toEqual([{ cluster, key: OWNER_C1.publicKey, at: until }])
})
