import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importPrivateJwk } from '@baton/shared/crypto/keys'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { PublicKey } from '@baton/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BatonClient } from '../../../node-runtime/src/client/baton-client.ts'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { baton } from '../../support/e2e-command.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
const TOLD_MS_MAX = 30_000
/** Three of four owners: more than two thirds. */
const AGREE = ['c1', 'c2', 'c3'] as const

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [3, 1, 1, 1], preset: 'metro' })
})
afterAll(() => network?.stop())

async function succeeds(...command: string[]): Promise<string> {
  const ended = await baton(...command)
  expect(ended, command.join(' ')).toMatchObject({ status: 0, errors: '' })
  return ended.output
}

const publicKeyIn = async (file: string): Promise<PublicKey> => {
  const pair = await importPrivateJwk(readFileSync(file, 'utf8'))
  if (!pair.ok) throw new Error(pair.why)
  return pair.value.publicKey
}

/** Proposes, has owners sign, sends, and waits until every node that runs has it on its disk. Files of what they signed. */
async function change(
  sequence: number,
  keys: readonly string[],
  retire: readonly string[],
): Promise<readonly string[]> {
  const { genesisFile, owners } = network.files
  const at = (name: string) => join(network.folder, `change-${sequence}-${name}`)
  const retired = retire.length === 0 ? [] : ['--retire', retire.join(','), '--authority-url', network.authorityUrl]
  const proposal = ['authority', 'propose', '--genesis', genesisFile, '--sequence', String(sequence)]
  await succeeds(...proposal, '--keys', keys.join(','), ...retired, '--out', at('proposal'))
  const signed: string[] = []
  for (const cluster of AGREE) {
    const key = owners.find((owner) => owner.cluster === cluster)!.keyFile
    const by = ['--cluster', cluster, '--owner-key', key, '--genesis', genesisFile, '--out', at(cluster)]
    await succeeds('authority', 'sign', at('proposal'), ...by)
    await succeeds('node', 'send', at(cluster), '--genesis', genesisFile, '--authority-url', network.authorityUrl)
    signed.push(at(cluster))
  }
  for (const { files, running } of network.nodes) {
    if (!running) continue
    await waitFor(`change ${sequence} at ${files.node}`, TOLD_MS_MAX, () => {
      const said = network.events(files.node).filter(({ event }) => event === 'authority-keys')
      return said.filter((event) => event.sequence === sequence).length >= AGREE.length
    })
  }
  return signed
}

/** Kills the master and starts it again; who holds the next epoch, and what proves it, as another cluster's node says. */
async function failover(): Promise<Credential> {
  const before = await network.master('c1')
  await network.node(before.name).kill()
  const after = await network.master('c1', before.epoch + 1)
  network.start(before.name)
  return waitFor('the grant elsewhere', TOLD_MS_MAX, async () => {
    const answer = await fetch(`http://${network.node('c2-n1').files.apiAddress}/v1/masters`)
    const { masters } = (await answer.json()) as {
      masters: { cluster: string; epoch: number; credential: Credential }[]
    }
    return masters.find(({ cluster, epoch }) => cluster === 'c1' && epoch === after.epoch)?.credential
  })
}

test('[ID1, ID8, NW1] the authority’s key is replaced under load: old and new count in the window, nothing stops, and who was away comes back', {
  timeout: 400_000,
}, async () => {
  const { genesis, authorityKeyFile } = network.files
  const nextFile = join(network.folder, 'next.jwk')
  await succeeds('key', 'create', '--out', nextFile)
  const [old, next] = [await publicKeyIn(authorityKeyFile), await publicKeyIn(nextFile)]
  network.trusted = { ...genesis, authorityKeys: [old, next] }
  const signedBy = async ({ grant }: Credential, key: PublicKey) => (await verifyStatement('grant', grant, [key])).ok
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)

  // One node is down from before the first change until the old key is about to go.
  const { name: first } = await network.master('c1')
  const away = ['c1-n1', 'c1-n2', 'c1-n3'].find((name) => name !== first && name !== 'c1-n1') ?? 'c1-n3'
  await network.node(away).kill()

  const window = await change(1, [old, next], [])
  expect(await signedBy(await failover(), old)).toBe(true)
  await load.more(PER_SECOND)

  await network.killAuthority()
  await network.startAuthority({ keyFile: nextFile, changes: window })
  await load.more(PER_SECOND)
  await waitFor('a standby of c1', TOLD_MS_MAX, async () => {
    const view = (await network.clusters()).find(({ cluster }) => cluster === 'c1')
    return view !== undefined && view.syncSet.length > 1
  })
  expect(await signedBy(await failover(), next)).toBe(true)
  await load.more(PER_SECOND)

  // A client that has nothing but genesis and a node follows, too.
  const urls = [network.node('c2-n1').files.apiAddress]
  const client = new BatonClient({ urls, route: 'masters', genesis })
  const { epoch } = await network.master('c1')
  expect((await client.masters()).find(({ cluster }) => cluster === 'c1')).toMatchObject({ epoch })
  await client.close()

  network.start(away)
  await network.whole()
  const end = await change(2, [next], [old])
  await network.killAuthority()
  await network.startAuthority({ keyFile: nextFile, changes: [...window, ...end] })
  // After the window: a cluster that was away as a whole goes on at the grant that the retired key gave it.
  await network.node('c3-n1').kill()
  network.start('c3-n1')
  await network.whole()
  expect(await signedBy(await failover(), next)).toBe(true)
  await network.whole()
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)

  // Whoever finds the old key runs no authority with it any more.
  await network.killAuthority()
  await network.startAuthority({ keyFile: authorityKeyFile, changes: [...window, ...end] })
  const refused = await fetch(`${network.authorityUrl}/v1/networks/${genesis.network}/masters`)
  expect([refused.status, await refused.json()]).toMatchObject([500, { error: 'CONFIG_INVALID' }])
  expect(load.failures).toEqual([])
})
