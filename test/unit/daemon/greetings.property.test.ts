import type { Hash, NodeId } from '@baton/shared/ids'
import type { Hello } from '@baton/shared/protocol/peer'
import { decodePeer } from '@baton/shared/protocol/peer-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Greetings } from '../../../node-runtime/src/daemon/greetings.ts'
import type { LoggedRefusal } from '../../../node-runtime/src/daemon/refusal-log.ts'
import { C1B, C2A, HASH_A, HASH_B } from '../../support/fixed-network.ts'
import { times } from '../../support/long.ts'
import { C1C } from '../../support/majority-members.ts'
import { mutations } from '../../support/mutations.ts'
import { spoiltFrame } from '../../support/spoilt-frame.ts'

const NODES = [C1B, C1C, C2A] as const
const ADDRESS = '192.0.2.1:7201'

function opened() {
  const refused: LoggedRefusal[] = []
  const greetings = new Greetings({ genesis: HASH_A, refusals: { refused: (refusal) => void refused.push(refusal) } })
  return { greetings, refused }
}

const hello = (program: string, genesis: Hash = HASH_A): Hello => ({
  t: 'hello',
  genesis,
  protocol: { min: 1, max: 5 },
  credentials: [],
  apiAddress: ADDRESS,
  program,
})

test('[PV2] how many run which version, as they said last; one that has not said is of an unknown one', () => {
  const { greetings } = opened()
  greetings.onHello(C1B, hello('0.1.0'))
  greetings.onHello(C1C, hello('0.1.0'))
  greetings.onHello(C1C, hello('0.2.0'))
  greetings.onHello(C2A, hello(''))
  expect(greetings.programsOf([...NODES, 'c2-z' as NodeId])).toEqual({ '0.1.0': 1, '0.2.0': 1, unknown: 2 })
  expect(greetings.programsOf([])).toEqual({})
})

test('[RG11] another genesis document is said, and to whom it belongs', () => {
  const { greetings, refused } = opened()
  greetings.onHello(C1B, hello('0.1.0'))
  expect(refused).toEqual([])
  greetings.onHello(C1C, hello('0.1.0', HASH_B))
  expect(refused).toMatchObject([{ event: 'other-genesis', source: C1C, why: expect.stringContaining(HASH_B) }])
})

test('[API3] hello: a spoilt one changes what is known of its sender alone, and what is told is names and numbers', () => {
  const { greetings, refused } = opened()
  const last = new Map<NodeId, Hello>()
  const story = fc.record({
    from: fc.constantFrom(...NODES),
    way: fc.constantFrom('bytes', 'tree', 'leaves'),
    program: fc.constantFrom('0.1.0', '', '__proto__', 'constructor', 'hasOwnProperty', 'unknown'),
  })
  const property = fc.property(story, mutations, ({ from, way, program }, changes) => {
    const decoded = decodePeer(spoiltFrame(hello(program), way, changes))
    if (!decoded.ok || decoded.message.t !== 'hello') return
    greetings.onHello(from, decoded.message)
    last.set(from, decoded.message)
    const addresses = [...last].map(([node, { apiAddress }]) => [node, apiAddress] as const)
    expect(greetings.apiAddresses).toEqual(new Map(addresses))
    // It stands in a header of answers to clients.
    for (const [, address] of addresses) new Headers({ 'x-baton-master-address': address })
    const counts = Object.entries(greetings.programsOf(NODES))
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(NODES.length)
    const expected = NODES.map((node) => last.get(node)?.program || 'unknown')
    expect(counts.flatMap(([name, count]) => Array(count).fill(name)).sort()).toEqual(expected.sort())
    const others = refused.splice(0).map(({ event, source }) => [event, source])
    expect(others).toEqual(decoded.message.genesis === HASH_A ? [] : [['other-genesis', from]])
  })
  fc.assert(property, { numRuns: times(20_000, 2_000) })
  expect(last.size).toBe(NODES.length)
})
