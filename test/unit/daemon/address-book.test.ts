import type { ClusterId, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { AddressBook } from '../../../node-runtime/src/daemon/address-book.ts'

const [C1, C2, C3] = ['c1', 'c2', 'c3'] as unknown as [ClusterId, ClusterId, ClusterId]
const node = (name: string) => name as NodeId
const at = (name: string, address: string) => ({ node: node(name), address })

function book(): AddressBook {
  return new AddressBook({
    self: node('c1-n1'),
    cluster: C1,
    configured: [{ node: node('c2-n1'), cluster: C2, address: 'configured:1' }],
    advertised: 'self:1',
  })
}

test('[ID3] nodes that joined later are found where the registry and their clusters say', () => {
  const known = book()
  expect(known.learn(C1, [at('c1-n9', 'host:9')])).toBe(true)
  expect(known.learn(C2, [at('c2-n9', 'host:8')])).toBe(true)
  expect(known.learn(C2, [at('c2-n9', 'host:8')])).toBe(false)
  expect([...known.peers().keys()].sort()).toEqual(['c1-n9', 'c2-n1', 'c2-n9'])
  expect(known.own()).toEqual([at('c1-n1', 'self:1'), at('c1-n9', 'host:9')])
})

test('[ID5] a learned address overrules no configured one, and nobody takes the name of another cluster’s node', () => {
  const known = book()
  expect(known.learn(C2, [at('c2-n1', 'elsewhere:1')])).toBe(false)
  expect(known.learn(C2, [at('c1-n1', 'elsewhere:1')])).toBe(false)
  known.learn(C2, [at('c2-n9', 'host:8')])
  expect(known.learn(C3, [at('c2-n9', 'elsewhere:1'), at('c2-n1', 'elsewhere:1')])).toBe(false)
  expect(known.clusterOf(node('c2-n9'))).toBe(C2)
  expect(known.peers().get(node('c2-n9'))).toEqual({ address: 'host:8', cluster: C2 })
})

test('[ID5] one cluster fills its own part of the book only', () => {
  const known = book()
  const many = Array.from({ length: 2 * LIMITS.nodesPerCluster }, (_, i) => at(`c2-x${i}`, `host:${i}`))
  known.learn(C2, many)
  expect(known.peers().size).toBe(1 + LIMITS.nodesPerCluster)
  expect(known.learn(C3, [at('c3-n1', 'host:1')])).toBe(true)
})
