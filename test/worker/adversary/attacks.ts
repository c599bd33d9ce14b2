/**
 * What an attacker tries at the authentication node: every kind of attack once. Variants have tests of their own (session, join, revocation,
 * operators, orders).
 */
import type { ErrorCode } from '@baton/shared/errors'
import type { ClusterId, UnixMs, Version } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { forge, payloadIn } from '../../support/forge.ts'
import { bring, directory, findingsOf, reportOf, twoVotes } from '../audited.ts'
import { join, makeToken, nodeSubject, revocationOf, sendNotice, tokenNode } from '../identity-fixture.ts'
import { keyOf } from '../network.ts'
import { act, operatorToken } from '../operator-client.ts'
import { TestNode } from '../test-node.ts'
import {
  C1,
  C2,
  type Cast,
  certified,
  forgedCredential,
  forgedRotation,
  greets,
  posts,
  REFUSED,
  sends,
  source,
  underSmallOrderKey,
} from './cast.ts'
import { lastSeq, toldAfter } from './scene.ts'

export interface Attack {
  readonly what: string
  readonly code: ErrorCode
  /** Of the cluster's authority where nothing else is said; null: only objects of the platform call this, which have looked before. */
  readonly event: string | null
  readonly where?: ClusterId | 'directory'
  readonly run: (cast: Cast) => Promise<unknown>
}

export const SESSIONS: readonly Attack[] = [
  {
    what: 'a session under an unknown key',
    code: 'CHALLENGE_INVALID',
    event: 'session-refused',
    run: async () => {
      const thief = await keyOf('unknown')
      const node = await certified({})
      return greets(node, () => node.hello({}, thief))
    },
  },
  {
    what: 'a session under the certificate of a foreign owner',
    code: 'CERTIFICATE_INVALID',
    event: 'session-refused',
    run: async () => {
      const node = await certified({}, `owner ${C2}`)
      return greets(node, () => node.hello())
    },
  },
  {
    what: 'a session under a certificate of the control plane',
    code: 'CERTIFICATE_INVALID',
    event: 'session-refused',
    run: async () => {
      const node = await certified({}, 'authority')
      return greets(node, () => node.hello())
    },
  },
  {
    what: 'a session under an expired certificate',
    code: 'CERTIFICATE_EXPIRED',
    event: 'session-refused',
    run: async () => {
      const node = await certified({ expiresAt: (Date.now() - 1) as UnixMs })
      return greets(node, () => node.hello())
    },
  },
  {
    what: 'a session of a revoked node',
    code: 'CERTIFICATE_REVOKED',
    event: 'session-refused',
    run: ({ revoked }) => greets(revoked, () => revoked.hello()),
  },
  {
    what: 'a replayed answer to a challenge',
    code: 'CHALLENGE_INVALID',
    event: 'session-refused',
    run: async ({ d, spentProof }) => {
      const node = await TestNode.make(C1, 'd')
      return greets(node, async () => {
        await node.take('challenge')
        node.send({ t: 'hello', certificate: d.certificate, proof: spentProof })
      })
    },
  },
  {
    what: 'a session under a key of small order',
    code: 'CERTIFICATE_INVALID',
    event: 'session-refused',
    run: async () => {
      const node = await TestNode.make(C1, 's')
      const certificate = await underSmallOrderKey()
      return greets(node, async () => {
        const { challenge } = await node.take('challenge')
        const proof = await forge('session', { challenge }, await keyOf('anybody'))
        node.send({ t: 'hello', certificate, proof })
      })
    },
  },
]

export const REQUESTS: readonly Attack[] = [
  {
    what: 'a claim under an unknown key',
    code: 'STATEMENT_INVALID',
    event: 'request-refused',
    run: async ({ b, c }) =>
      posts(c, await forge('claim', payloadIn(await b.signedClaim(REFUSED)), await keyOf('unknown'))),
  },
  {
    what: 'a claim under the certificate of a foreign owner',
    code: 'CERTIFICATE_INVALID',
    event: 'request-refused',
    run: async ({ b, c }) => posts(c, await b.signedClaim(REFUSED), (await certified({}, `owner ${C2}`)).certificate),
  },
  {
    what: 'a claim under an expired certificate',
    code: 'CERTIFICATE_EXPIRED',
    event: 'request-refused',
    run: async ({ b, c }) =>
      posts(c, await b.signedClaim(REFUSED), (await certified({ expiresAt: 1 as UnixMs })).certificate),
  },
  {
    what: 'a claim under a revoked certificate',
    code: 'CERTIFICATE_REVOKED',
    event: 'request-refused',
    run: async ({ b, c, revoked }) => posts(c, await b.signedClaim(REFUSED), revoked.certificate),
  },
  {
    what: 'a claim under a key of small order',
    code: 'CERTIFICATE_INVALID',
    event: 'request-refused',
    run: async ({ b, c }) => posts(c, await b.signedClaim(REFUSED), await underSmallOrderKey()),
  },
  {
    what: 'a replayed claim, which was granted once',
    code: 'STALE_VERSION',
    event: 'claim-refused',
    run: async ({ c, spentClaim }) => posts(c, spentClaim),
  },
  {
    what: 'a claim against a stale version',
    code: 'STALE_VERSION',
    event: 'claim-refused',
    run: async ({ b }) => b.sendClaim(await b.signedClaim(REFUSED, { version: (b.known.version - 1) as Version })),
  },
  {
    what: 'a claim of an ordinary node',
    code: 'NOT_ELECTABLE',
    event: 'claim-refused',
    run: async ({ c }) => c.sendClaim(await c.signedClaim(REFUSED)),
  },
  {
    what: 'a claim in the name of another node',
    code: 'STATEMENT_INVALID',
    event: 'request-refused',
    run: async ({ b, c }) => c.sendClaim(await c.signedClaim(REFUSED, { node: b.node })),
  },
  {
    what: 'a claim for another cluster',
    code: 'STATEMENT_INVALID',
    event: 'claim-refused',
    run: async ({ c }) => c.sendClaim(await c.signedClaim(REFUSED, { cluster: C2 })),
  },
  {
    what: 'a claim brought to another cluster',
    code: 'CERTIFICATE_INVALID',
    event: 'request-refused',
    where: C2,
    run: async ({ b, foreign }) => posts(foreign, await b.signedClaim(REFUSED), b.certificate),
  },
  {
    what: 'a reshape by a node that is not the master',
    code: 'NOT_CURRENT_MASTER',
    event: 'reshape-refused',
    run: ({ c }) => c.reshape([c.node]),
  },
  {
    what: 'a confirmation asked by a node that is not the master',
    code: 'NOT_CURRENT_MASTER',
    event: 'confirm-refused',
    run: ({ c }) => c.confirm(),
  },
  {
    what: 'an act above the role of its token',
    code: 'FORBIDDEN',
    event: 'operator-refused',
    run: async () => act(C1, 'freeze', {}, await operatorToken(C1, 'viewer')),
  },
  {
    what: 'a join token that has expired',
    code: 'TOKEN_EXPIRED',
    event: 'join-refused',
    run: async () => {
      const [from, to] = [Date.now() - 10_000, Date.now() - 5_000]
      const token = await makeToken(C1, { issuedAt: from as UnixMs, expiresAt: to as UnixMs })
      const node = await tokenNode(token, 'j')
      return join(node, node.keys, source())
    },
  },
]

export const SAID: readonly Attack[] = [
  {
    what: 'a frame that does not read',
    code: 'BAD_REQUEST',
    event: 'frame-refused',
    run: ({ d }) => sends(d, '{"t":"claim"}'),
  },
  {
    what: 'an oversized frame',
    code: 'BODY_TOO_LARGE',
    event: 'frame-refused',
    run: ({ d }) => sends(d, ' '.repeat(LIMITS.controlFrameBytes + 1)),
  },
  {
    what: 'a second hello in an open session',
    code: 'PEER_UNEXPECTED',
    event: 'frame-refused',
    run: ({ d, spentProof }) => sends(d, JSON.stringify({ t: 'hello', certificate: d.certificate, proof: spentProof })),
  },
  {
    what: 'a forged grant of a high token, shown',
    code: 'STATEMENT_INVALID',
    event: 'shown-refused',
    run: async (cast) => {
      const { c } = cast
      const seq = await lastSeq(C1)
      c.show({ credential: await forgedCredential(cast), reshape: null })
      await c.report()
      return (await toldAfter(C1, seq)).at(-1)
    },
  },
  {
    what: 'a forged grant of a high token, brought to the directory',
    code: 'STATEMENT_INVALID',
    event: null,
    where: 'directory',
    run: async (cast) => {
      return (await directory().learn(await forgedCredential(cast))) as unknown
    },
  },
  {
    what: 'a forged revocation, brought to the directory by anybody',
    code: 'STATEMENT_INVALID',
    event: 'notice-refused',
    where: 'directory',
    run: async ({ b }) => sendNotice(await revocationOf(C1, nodeSubject(b), `owner ${C2}`), source()),
  },
  {
    what: 'a new owner key that the old one has not signed, brought to the directory by anybody',
    code: 'STATEMENT_INVALID',
    event: 'notice-refused',
    where: 'directory',
    run: async () => sendNotice(await forgedRotation(), source()),
  },
  {
    what: 'a forged revocation, shown by an admitted node',
    code: 'STATEMENT_INVALID',
    event: 'notice-refused',
    run: async ({ b, c }) => {
      const seq = await lastSeq(C1)
      c.send({ t: 'notices', notices: [await revocationOf(C1, nodeSubject(b), `owner ${C2}`)] })
      await c.report()
      return (await toldAfter(C1, seq)).at(-1)
    },
  },
  {
    what: 'results reported by a node that is not the master',
    code: 'NOT_CURRENT_MASTER',
    event: 'report-refused',
    where: 'directory',
    run: async ({ c }) => bring('results', await reportOf(c, [{ height: 7, result: 'a'.repeat(64) as never }]), c),
  },
  {
    what: 'evidence that does not verify',
    code: 'STATEMENT_INVALID',
    event: 'report-refused',
    where: 'directory',
    run: async ({ a, c, foreign }) =>
      bring('findings', await findingsOf(a, { evidence: [await twoVotes(foreign, 9, c)] }), a),
  },
]
