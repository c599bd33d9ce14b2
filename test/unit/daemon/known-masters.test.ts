import type { NodeState } from '@baton/shared/core/node/state'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { expect, test } from 'vitest'
import type { NodeConfig } from '../../../node-runtime/src/config/types.ts'
import { knownMasters } from '../../../node-runtime/src/daemon/known-masters.ts'
import { C1, C1A, C1B, C2, C2A, GENESIS, OPAQUE_JWS } from '../../support/fixed-network.ts'

const credential = { grant: OPAQUE_JWS, certificate: OPAQUE_JWS }

test('[NW1, NW2] a node tells clients the masters it knows, provably, and every address it has heard', () => {
  const config = {
    genesis: GENESIS,
    cluster: C1,
    node: C1A,
    advertise: { api: 'a:1' },
  } as unknown as NodeConfig
  const peers = new Map([
    [C1B, { cluster: C1 }],
    [C2A, { cluster: C2 }],
  ])
  const of = (cluster: string, node: string, epoch: number) =>
    ({ cluster, generation: 0, epoch, node, recovering: false, key: 'k', credential }) as unknown as Mastership
  const state = {
    masterships: new Map([
      [C2, of(C2, C2A, 4)],
      [C1, of(C1, C1B, 3)],
    ]),
    // The registry knows a member that has not greeted this process yet.
    election: { view: { members: [{ node: C1B, apiAddress: 'b:1' }] } },
  } as unknown as NodeState
  const shown = { generation: 0, recovering: false, credential }
  expect(knownMasters(config, state, new Map(), peers)).toEqual({
    network: GENESIS.network,
    masters: [
      { cluster: C1, epoch: 3, node: C1B, apiAddress: 'b:1', ...shown },
      { cluster: C2, epoch: 4, node: C2A, apiAddress: null, ...shown },
    ],
    nodes: [
      { cluster: C1, node: C1A, apiAddress: 'a:1' },
      { cluster: C1, node: C1B, apiAddress: 'b:1' },
    ],
  })
  const greeted = knownMasters(
    config,
    state,
    new Map([
      [C1B, 'moved:2'],
      [C2A, 'c:1'],
    ]),
    peers,
  )
  expect(greeted.masters.map(({ apiAddress }) => apiAddress)).toEqual(['moved:2', 'c:1'])
  expect(greeted.nodes).toHaveLength(3)
})
