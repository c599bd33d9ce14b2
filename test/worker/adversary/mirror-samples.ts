/** What a member of a majority tells the edge (MJ1), sound and spoilt: the registry with its proof, events, and answers. */
import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import { assembleGrant } from '@baton/shared/crypto/majority-grant'
import type { Jws, NodeId, Token } from '@baton/shared/ids'
import { forge } from '../../support/forge.ts'
import { exchangeLeaves, type Mutation, mutateText, mutateTree } from '../../support/mutations.ts'
import { type Members, TWO } from '../majority-fixture.ts'
import { keyOf, MEMBERS, NETWORK, OWN_ARBITER } from '../network.ts'

const [A, B] = MEMBERS as [NodeId, NodeId, NodeId]

/** What stands in a registry beside its grant: nothing of it is signed. */
const STANDING = {
  bars: [B],
  quarantine: [
    { node: B, order: 'o1', cause: 'threshold', why: 'wrong results', at: 5, evicted: false, verified: null },
  ],
  orders: [{ id: 'o2', node: A, cause: 'operator', why: 'its disk fails' }],
  ordersSeen: ['o1', 'o2'],
  pause: { by: 'ann', why: 'a new switch', until: 4_102_444_800_000 },
  switchover: { id: 's1', to: B, by: 'ann', why: 'tidier', at: 6, until: 4_102_444_800_000, due: false },
  recovery: { lastClean: { token: { generation: 0, epoch: 1 }, syncSet: [A, B] } },
  acknowledged: [[A, { token: { generation: 0, epoch: 1 }, durableIndex: 7 }]],
}

const AFTER = { generation: 0, epoch: 1, version: 4, master: A, syncSet: [A] }
/** As a member tells them: the schema knows the frame of an event, and nothing of what proves it. */
export const EVENTS = [
  {
    event: 'ordered',
    who: A,
    why: 'its disk fails',
    code: null,
    evidence: { kind: 'order', order: STANDING.orders[0] },
  },
  {
    event: 'granted',
    who: B,
    why: 'an order',
    code: null,
    evidence: { kind: 'claim', given: { kind: 'lost', forMs: 9 } },
  },
  { event: 'claim-refused', who: B, why: 'the master lives', code: 'MASTER_ALIVE', evidence: null },
].map((event) => ({ ...event, after: AFTER })) as unknown as readonly RegistryEvent[]

/** A registry as text has it. */
interface Told {
  readonly members: unknown
  readonly syncSet: unknown
  readonly lastGrant: { readonly certificate: unknown }
}

/** The next epoch as the members have decided it, after what the edge shows. @param before so many epochs earlier */
export async function nextValue(
  members: Members,
  { generation, epoch }: Token,
  before = 0,
): Promise<{ registry: Told; proof: Jws }> {
  // A majority may have signed the last epoch that there is.
  const isLast = epoch === Number.MAX_SAFE_INTEGER
  const after = isLast ? { generation: generation + 1, epoch: 0 } : { generation, epoch: Math.max(0, epoch - before) }
  members.switchTo(members.registry.master === A ? B : A, after as Token)
  const { registry, proof } = JSON.parse(await members.value())
  return { registry: { ...registry, ...STANDING }, proof }
}

/** A member's answers to what it is asked. */
export const OUTCOMES = [
  { ok: true },
  { ok: false, code: 'PAUSED', why: 'until tomorrow', retryAfterMs: 5 },
  { ok: false, code: 'UNKNOWN_NODE', why: 'nobody has this name', retryAfterMs: null },
] as const

/** So many lists in each other. */
export function nested(levels: number): unknown {
  let value: unknown = []
  for (let level = 1; level < levels; level++) value = [value]
  return value
}

/** Signed by a majority of the members, whatever it says. */
async function majorityOf(grant: unknown): Promise<Jws> {
  const payload = { ...Object(grant), ballot: { counter: 3, node: A } }
  const votes = TWO.map(async (node) => [node, await forge('grantVote', payload, await keyOf(`node ${node}`))] as const)
  return assembleGrant(new Map(await Promise.all(votes)))
}

/** `liar`: what is not signed is another; `majority`: they have signed what is not true; `older`: it was true once. */
export const TELLS = [
  ...(['tree', 'text', 'value', 'words', 'proof', 'stranger', 'older', 'events'] as const),
  ...(['liar', 'liar', 'liar', 'liar', 'majority', 'majority'] as const),
] as const

export async function spoiltMirror(
  members: Members,
  known: Token,
  how: (typeof TELLS)[number],
  changes: readonly Mutation[],
): Promise<string> {
  const { registry, proof } = await nextValue(members, known, how === 'older' ? 2 : 0)
  const { members: listed, syncSet } = registry
  const unsigned = { ...STANDING, members: listed, syncSet }
  const sound = { t: 'mirror', value: JSON.stringify({ registry, proof }), events: EVENTS }
  const withValue = (value: string) => JSON.stringify({ ...sound, value })
  switch (how) {
    case 'tree':
      return JSON.stringify(mutateTree(sound, changes)) ?? ''
    case 'text':
      return mutateText(JSON.stringify(sound), changes)
    case 'value':
      return withValue(JSON.stringify(mutateTree({ registry, proof }, changes)) ?? '')
    case 'liar':
      return withValue(
        JSON.stringify({ registry: { ...registry, ...Object(exchangeLeaves(unsigned, changes)) }, proof }),
      )
    case 'words':
      return withValue(mutateText(sound.value, changes))
    case 'proof':
      return withValue(JSON.stringify({ registry, proof: mutateText(proof, changes) }))
    case 'majority': {
      const { lastGrant, ...rest } = registry
      const { certificate, ...grant } = lastGrant
      const last = Object(exchangeLeaves(grant, changes))
      const { generation, epoch, node: master } = last
      const value = { ...rest, generation, epoch, master, lastGrant: { ...last, certificate } }
      const payload = { network: NETWORK, cluster: OWN_ARBITER, ...last }
      return withValue(JSON.stringify({ registry: value, proof: await majorityOf(payload) }))
    }
    case 'older':
      return JSON.stringify(sound)
    case 'stranger':
      return withValue(JSON.stringify({ registry, proof: await members.proof(TWO, {}, await strangers()) }))
    case 'events':
      return JSON.stringify({ ...sound, events: exchangeLeaves(EVENTS, changes) })
  }
}

/** Their names, and another key. */
const strangers = async () => new Map([[A, await keyOf('anybody')]])
