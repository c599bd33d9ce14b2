/** Who takes part in the attacks of `attacks.ts`, and what an attacker can make of them. */
import type { Credential, Grant } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws } from '@baton/shared/ids'
import { expect } from 'vitest'
import { CLOSE } from '../../../worker/src/objects/authority/sockets.ts'
import { forge, payloadIn, SMALL_ORDER_KEY } from '../../support/forge.ts'
import { directory } from '../audited.ts'
import { eventually } from '../eventually.ts'
import { nodeSubject, revocationOf, sendNotice } from '../identity-fixture.ts'
import { CLUSTERS, keyOf, NETWORK } from '../network.ts'
import { TestNode, threeNodes } from '../test-node.ts'

export const [C1, C2, C3, C4] = CLUSTERS as unknown as [ClusterId, ClusterId, ClusterId, ClusterId]
export const REFUSED = { kind: 'refused' } as const
export const OWN = { kind: 'own' } as const

export interface Cast {
  /** Master of C1 at epoch 3. */
  readonly a: TestNode
  /** Its standby. */
  readonly b: TestNode
  /** Follows. */
  readonly c: TestNode
  readonly d: TestNode
  readonly revoked: TestNode
  /** Master of C2. */
  readonly foreign: TestNode
  /** Of A, granted long ago. */
  readonly spentClaim: Jws
  /** What D answered its challenge with. */
  readonly spentProof: Jws
  readonly firstGrant: Credential
}

export async function assemble(): Promise<Cast> {
  const [a, b, c] = await threeNodes(C1)
  const firstGrant = a.known.credential
  const d = await TestNode.make(C1, 'd')
  await d.open()
  const spentProof = await d.hello()
  await d.take('welcome')
  const revoked = await TestNode.online(C1, 'r')
  await sendNotice(await revocationOf(C1, nodeSubject(revoked)))
  await eventually(() => expect(revoked.closed?.code).toBe(CLOSE.refused))
  await a.seeState((state) => state.members.length === 5)
  // Until A has heard that a member was revoked, it claims against a version that is no more.
  const spentClaim = await eventually(async () => {
    const claim = await a.signedClaim(OWN)
    expect(await a.sendClaim(claim)).toMatchObject({ ok: true })
    return claim
  })
  expect(await a.claim(OWN)).toMatchObject({ ok: true })
  for (const node of [b, c, d]) await node.seeState((state) => state.epoch === 3)
  const foreign = await TestNode.online(C2, 'a')
  for (const node of [a, b, c, d, foreign]) await node.report()
  await eventually(async () => {
    const table = await directory().table()
    const epochs = table.ok ? table.value.masters.map(({ cluster, epoch }) => `${cluster} ${epoch}`) : []
    if (!epochs.includes(`${C1} 3`) || !epochs.includes(`${C2} 1`)) throw new Error(epochs.join())
  })
  return { a, b, c, d, revoked, foreign, spentClaim, spentProof, firstGrant }
}

/** A socket that answers its challenge like this. */
export async function greets(node: TestNode, hello: () => Promise<unknown>): Promise<unknown> {
  node.source = source()
  await node.open()
  await hello()
  const refused = await node.take('refused')
  await expect.poll(() => node.closed?.code).toBe(CLOSE.refused)
  return refused
}

let addresses = 0
/** Each attacker has an address of its own: none hides behind the limit of another (ID5). */
export const source = () => `192.0.2.${++addresses}`

export async function posts(by: TestNode, statement: Jws, certificate = by.certificate): Promise<Response> {
  const asks = await TestNode.make(by.cluster, 'c')
  asks.source = source()
  return asks.post('claims', statement, certificate)
}

export async function sends(node: TestNode, frame: string): Promise<unknown> {
  node.sendRaw(frame)
  return node.take('refused')
}

/** With a certificate of these overrides, as if it were C. */
export async function certified(change: Parameters<typeof TestNode.make>[2], owner?: string): Promise<TestNode> {
  return TestNode.make(C1, 'c', change, owner === undefined ? undefined : await keyOf(owner))
}

export async function underSmallOrderKey(): Promise<Jws> {
  const payload = payloadIn((await TestNode.make(C1, 's')).certificate) as object
  return forge('certificate', { ...payload, key: SMALL_ORDER_KEY }, await keyOf(`owner ${C1}`))
}

/** Of C, signed by itself: only the order of its token looks right. */
export async function forgedCredential({ c, firstGrant }: Cast): Promise<Credential> {
  const said = payloadIn(firstGrant.grant) as Grant
  const grant = { ...said, epoch: 99, node: c.node, syncSet: [c.node], nonce: 'forged' }
  return { grant: await forge('grant', grant, c.keys), certificate: c.certificate }
}

/** Of C1, signed by the owner of C2. */
export async function forgedRotation(): Promise<Jws> {
  const [from, to] = await Promise.all([keyOf(`owner ${C1}`), keyOf('a thief')])
  const issuedAt = Date.now()
  const payload = {
    ...{ network: NETWORK, cluster: C1, sequence: 1, from: from.publicKey, to: to.publicKey },
    ...{ issuedAt, until: issuedAt + 3_600_000 },
  }
  return forge('ownerRotation', payload, await keyOf(`owner ${C2}`))
}
