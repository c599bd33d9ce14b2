import { signStatement } from '@baton/shared/crypto/statements'
import type { Claim } from '@baton/shared/crypto/statement-types'
import { generateKeyPair } from '@baton/shared/crypto/keys'
import { LIMITS } from '@baton/shared/limits'
import type { RegistryView } from '@baton/shared/protocol/control'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { signPut } from '../../node-runtime/src/client/sign.ts'
import { readKeyFile } from '../../node-runtime/src/identity/key-file.ts'
import { waitFor } from '../../node-runtime/src/demo/wait.ts'
import { acknowledgedHeight, NOTHING_WRONG, SteadyLoad } from '../support/e2e-load.ts'
import { E2eNetwork } from '../support/e2e-network.ts'
import { foreignIdentity, noIdentity, Stranger } from '../support/e2e-stranger.ts'
import { Impostor } from '../support/e2e-impostor.ts'

let network: E2eNetwork
let pids: readonly (number | undefined)[]
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: 2, nodesPerCluster: 2 })
  pids = network.nodes.map(({ pid }) => pid)
})
afterAll(() => network?.stop())

/** Whatever was sent: no process has ended, nobody has switched, and the network takes transactions. */
afterEach(async () => {
  const before = await network.master('c1')
  const height = await acknowledgedHeight(network)
  expect(await acknowledgedHeight(network, ['c1-n2'])).toBeGreaterThan(height)
  expect(await network.epochs()).toEqual({ c1: before.epoch, c2: 1 })
  expect(before.epoch).toBe(1)
})

interface CodedAnswer {
  readonly error: string
  readonly message: string
  readonly remedy: string
}

async function answerTo(url: string, init: RequestInit): Promise<CodedAnswer & { readonly status: number }> {
  const response = await fetch(url, init)
  return { status: response.status, ...((await response.json()) as CodedAnswer) }
}
