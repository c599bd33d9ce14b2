/** A master that misses messages asks for them, whatever the others say of themselves. */
import type { NodeInput } from '@baton/shared/core/node/io'
import type { Height } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { settledWorld } from '../../support/world/settled.ts'

test('[NW1] a peer that says that it has decided more, and shows nothing, keeps nobody from asking the others', () => {
  const world = settledWorld()
  // Two of four decide nothing: the master of c1 waits for all that may be on its way.
  for (const { node } of [...world.nodesOf('c3'), ...world.nodesOf('c4')]) world.kill(node)
  const height = Number.MAX_SAFE_INTEGER as Height
  world.host('c1-n1').feed({ i: 'blocks', from: 'c2-n1' as never, request: 0, height, blocks: [] })
  const other = world.host('c2-n1')
  const asked: number[] = []
  const feed = other.feed.bind(other)
  other.feed = (input: NodeInput) => {
    if (input.i === 'peer' && input.from === 'c1-n1' && input.message.t === 'wantHeight') asked.push(world.now)
    feed(input)
  }
  world.submit('c1-n1', 'waits')
  world.run(10_000)
  expect(asked.length).toBeGreaterThan(5)
})
