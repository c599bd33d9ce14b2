import { expect, test } from 'vitest'
import { Timeline } from '../../../node-runtime/src/demo/timeline.ts'
import type { NodeFiles } from '../../../node-runtime/src/network/init.ts'

const NODE = { node: 'c1-y1', cluster: 'c1', site: 'y' } as NodeFiles
const PEER = { node: 'c2-x1', cluster: 'c2', site: 'x' } as NodeFiles

function recorded(): Timeline {
  const timeline = new Timeline()
  timeline.record(PEER, { event: 'decided', height: 7, at: 100 })
  timeline.record(NODE, { event: 'decided', height: 7, at: 102 })
  timeline.record(PEER, { event: 'suspected', at: 201 })
  timeline.record(NODE, { event: 'claiming', epoch: 2, at: 205 })
  timeline.record(NODE, { event: 'promoted', epoch: 2, at: 220 })
  timeline.record(PEER, { event: 'decided', height: 8, at: 260 })
  timeline.record(PEER, { event: 'decided', height: 9, at: 290 })
  return timeline
}

test('the figures of a switch count from the fault and belong to its cluster', () => {
  const timeline = recorded()
  expect(timeline.detectedAtMs('c1', 200)).toBe(205)
  expect(timeline.grantedAtMs('c1', 2, 200)).toBe(220)
  expect(timeline.grantedAtMs('c1', 3, 200)).toBeUndefined()
  expect(timeline.promotions(0).map(({ node, epoch }) => [node, epoch])).toEqual([['c1-y1', 2]])
  expect([1, 2].map((epoch) => timeline.isPromotedAbove('c1', epoch))).toEqual([true, false])
  expect(timeline.isPromotedAbove('c2', 1)).toBe(false)
})

test('a height is decided when the first node decides it, and the next one is a new height', () => {
  const timeline = recorded()
  expect(timeline.decidedAtMs(7)).toBe(100)
  // c1-y1 decided 7 at 102, but the network had it before the fault at 101.
  expect(timeline.nextDecision(101)).toEqual({ height: 8, atMs: 260 })
  expect(timeline.nextDecision(290)).toBeUndefined()
})

test('the longest gap includes the one up to the end of the span', () => {
  const timeline = recorded()
  expect(timeline.longestGapMs(100, 300)).toBe(160)
  expect(timeline.longestGapMs(290, 400)).toBe(110)
})

test('a recovery ends for the cluster and the epoch that it belongs to', () => {
  const timeline = recorded()
  timeline.record(NODE, { event: 'recovery-began', epoch: 3, at: 300 })
  timeline.record(PEER, { event: 'recovery-ended', epoch: 3, at: 310 })
  timeline.record(NODE, { event: 'recovery-ended', epoch: 2, at: 320 })
  expect(timeline.recoveredAtMs('c1', 3)).toBeUndefined()
  timeline.record(NODE, { event: 'recovery-ended', epoch: 3, at: 330 })
  expect(timeline.recoveredAtMs('c1', 3)).toBe(330)
})
