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

test('[ID5] a learned address overrules no configured one, nor that of this node', () => {
  const known = book()
  expect(known.learn(C2, [at('c2-n1', 'elsewhere:1'), at('c1-n1', 'elsewhere:1')])).toBe(false)
  expect(known.learn(C3, [at('c2-n1', 'elsewhere:1')])).toBe(false)
  expect([...known.peers()]).toEqual([['c2-n1', { address: 'configured:1', cluster: C2 }]])
})

test('[ID5] a name belongs to the cluster whose certificate was seen, whoever claimed it before or claims it after', () => {
  const known = book()
  const peer = () => known.peers().get(node('c2-n9'))
  known.learn(C3, [at('c2-n9', 'elsewhere:1')])
  expect(peer()).toEqual({ address: 'elsewhere:1', cluster: C3, claimed: true })
  // Its link came in: there is no address of it yet, and no link ends for that.
  expect(known.prove(node('c2-n9'), C2)).toBe(true)
  expect(peer()).toEqual({ address: 'elsewhere:1', cluster: C2 })
  expect(known.learn(C2, [at('c2-n9', 'host:8')])).toBe(true)
  expect(peer()).toEqual({ address: 'host:8', cluster: C2 })
  known.learn(C3, [at('c2-n9', 'elsewhere:2')])
  expect([known.tryNextClaims(), known.prove(node('c2-n9'), C2)]).toEqual([false, false])
  expect(peer()).toEqual({ address: 'host:8', cluster: C2 })
})

test('[ID5] while nobody has shown a certificate for a name, every cluster that claims it is tried in turn', () => {
  const known = book()
  const claimants = () => known.peers().get(node('c2-n9'))?.cluster
  known.learn(C3, [at('c2-n9', 'elsewhere:1'), at('c3-n9', 'host:7')])
  expect(known.tryNextClaims()).toBe(false)
  known.learn(C2, [at('c2-n9', 'host:8')])
  const tried = Array.from({ length: 4 }, () => [claimants(), known.tryNextClaims()])
  expect(tried).toEqual([C3, C2, C3, C2].map((cluster) => [cluster, true]))
  expect(known.peers().get(node('c3-n9'))).toEqual({ address: 'host:7', cluster: C3, claimed: true })
})

test('[ID5] one cluster fills its own part of the book only', () => {
  const known = book()
  const many = Array.from({ length: 2 * LIMITS.nodesPerCluster }, (_, i) => at(`c2-x${i}`, `host:${i}`))
  known.learn(C2, many)
  expect(known.peers().size).toBe(1 + LIMITS.nodesPerCluster)
  expect(known.learn(C3, [at('c3-n1', 'host:1')])).toBe(true)
})
