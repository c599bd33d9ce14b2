import { join } from 'node:path'
import type { OperatorRole } from '@baton/shared/crypto/statement-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeStatus } from '../../../node-runtime/src/api/node-service.ts'
import type { ToldEvent } from '../../../node-runtime/src/client/authority-client.ts'
import { readVotes } from '../../../node-runtime/src/demo/checker/read-votes.ts'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { baton, type EndedCommand } from '../../support/e2e-command.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 60
/**
 * In virtual time none is missed (unit tests). Here twenty processes share two cores, and the rest of the network goes on while
 * the new master waits for its turn; a switch that waited for silence would miss dozens.
 */
const GAP_BLOCKS_MAX = 5
/** Long enough for a claim that is not held back: a refused reconnect is acted upon at once. */
const HELD_BACK_MS = 2_000
/** More than the authority listens after its start. */
const GRACE_MS = 20_000

/** Four clusters: three decide without the fourth, so what c1 misses while its master changes is seen in the votes. */
describe('operators of a running network', () => {
  let network: E2eNetwork
  const tokens = new Map<OperatorRole, string>()
  beforeAll(async () => {
    network = await E2eNetwork.start({ clusters: [2, 1, 1, 1], preset: 'metro' })
    const { owners, genesisFile } = network.files
    const key = owners.find(({ cluster }) => cluster === 'c1')!.keyFile
    for (const role of ['viewer', 'operator', 'owner'] as const) {
      const out = join(network.folder, `${role}.token`)
      const named = ['--cluster', 'c1', '--role', role, '--name', `Ann (${role})`.replace(/[()]/g, '-')]
      const made = await baton(
        'operator',
        'create',
        ...named,
        '--expires',
        '1h',
        '--owner-key',
        key,
        '--genesis',
        genesisFile,
        '--out',
        out,
      )
      expect(made).toMatchObject({ status: 0, errors: '' })
      tokens.set(role, out)
    }
  })
  afterAll(() => network?.stop())

  const as = (role: OperatorRole, ...command: string[]): Promise<EndedCommand> =>
    baton(...command, '--authority-url', network.authorityUrl, '--token', tokens.get(role)!)

  async function events(): Promise<readonly ToldEvent[]> {
    const { output } = await as('viewer', 'events', 'c1', '--json')
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ToldEvent)
  }

  test('[ID7] a viewer looks, and cannot order: nothing changes, and the attempt is an event', async () => {
    await network.whole()
    const before = await network.master('c1')
    // RG3: an authority that has just started listens first.
    const yes = expect.stringMatching(new RegExp(`^Yes: if ${before.name} dies, c1-n\\d takes over at once`))
    await expect
      .poll(() => as('viewer', 'explain', 'c1'), { timeout: GRACE_MS })
      .toMatchObject({ status: 0, errors: '', output: yes })
    const refused = await as('viewer', 'failover', 'c1', '--yes')
    expect(refused).toMatchObject({ status: 65, output: '' })
    expect(refused.errors).toContain('error FORBIDDEN: Ann -viewer- is viewer: this needs the role operator')
    const last = (await events()).at(-1)!.event
    expect(last).toMatchObject({ event: 'operator-refused', who: 'Ann -viewer-', code: 'FORBIDDEN' })
    expect(await network.master('c1')).toEqual(before)
  })

  test('[EL8, RG3, GU2] a planned switchover under load: no request fails, and the cluster hardly misses a block', async () => {
    await network.whole()
    const before = await network.master('c1')
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
    await load.more(PER_SECOND)
    const dry = await as('operator', 'switchover', 'c1', '--dry-run')
    expect(dry.output).toContain('would be: switchover-due')
    const from = (await network.status(before.name))!.height
    const done = await as('operator', 'switchover', 'c1', '--reason', 'new kernel')
    expect(done.errors).toBe('')
    expect(done.status).toBe(0)
    const after = await network.master('c1', before.epoch + 1)
    expect(after).toMatchObject({ epoch: before.epoch + 1 })
    expect(done.output).toContain(`${after.name} is master, epoch ${after.epoch}`)
    const to = (await network.status(after.name))!.height
    await load.more(PER_SECOND)
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
    expect(load.acknowledged.length).toBe(load.submitted)
    expect(await heightsWithoutVotes(from, to)).toBeLessThanOrEqual(GAP_BLOCKS_MAX)
    const kinds = (await events()).map(({ event }) => event.event)
    expect(kinds).toEqual(expect.arrayContaining(['switchover-due', 'switchover-done']))
    expect(await network.status(before.name)).toMatchObject({ quarantine: null })
  })

  test('[EL8] a switchover back at once is refused before anybody resigns', async () => {
    await network.whole()
    const before = await network.master('c1')
    const refused = await as('operator', 'switchover', 'c1', '--json')
    expect(refused.status).toBe(69)
    expect(JSON.parse(refused.errors)).toMatchObject({ error: 'SETTLING' })
    expect(await network.master('c1')).toEqual(before)
  })

  test('[RG10] a pause holds an election back, and its end lets it go on', async () => {
    await network.whole()
    const before = await network.master('c1')
    expect(await as('operator', 'pause', 'c1', '--for', '10m', '--reason', 'firewall work')).toMatchObject({
      status: 0,
    })
    await network.node(before.name).kill()
    await new Promise((resolve) => setTimeout(resolve, HELD_BACK_MS))
    expect(await network.epochs()).toMatchObject({ c1: before.epoch })
    const explained = await as('viewer', 'explain', 'c1')
    expect(explained.output).toMatch(/^NO: if .* nobody would take over: .* has paused switches/)
    const held = (await events()).filter(({ event }) => event.code === 'PAUSED')
    expect(held[0]?.event.why).toContain('firewall work')
    expect(await as('operator', 'resume', 'c1')).toMatchObject({ status: 0 })
    expect((await network.master('c1', before.epoch + 1)).name).not.toBe(before.name)
    network.start(before.name)
    await network.whole()
  })

  test('[RG9, GU2] a forced switch under load: the master leaves, re-syncs, verifies itself and is free again', async () => {
    await network.whole()
    const before = await network.master('c1')
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
    await load.more(PER_SECOND)
    expect(await as('operator', 'failover', 'c1')).toMatchObject({ status: 65, output: '' })
    const done = await as('operator', 'failover', 'c1', '--yes', '--reason', 'wrong results')
    expect(done).toMatchObject({ status: 0 })
    const after = await network.master('c1', before.epoch + 1)
    expect(after.name).not.toBe(before.name)
    await load.more(PER_SECOND)
    const lifted = await waitFor('the bar to end', 20_000, async () => {
      const since = (await events()).filter(({ event }) => event.event === 'bar-lifted')
      return since.find(({ event }) => event.who === before.name)
    })
    expect(lifted.event.why).toMatch(/it has verified the chain to height \d+/)
    await network.whole()
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
  })

  test('[RG9] an evicted node stays out, and says why wherever one looks, until an operator clears it', async () => {
    await network.whole()
    const { name: master } = await network.master('c1')
    const standby = network.files.nodes.find(({ cluster, node }) => cluster === 'c1' && node !== master)!
    expect(await as('operator', 'evict', standby.node, '--yes', '--reason', 'bad disk')).toMatchObject({ status: 0 })
    const status = (): Promise<NodeStatus | null> => network.status(standby.node)
    const quarantine = { cause: 'operator', why: 'bad disk', evicted: true, verified: expect.any(Number) }
    await waitFor('it to know, and to have verified itself', 20_000, async () => {
      return typeof (await status())?.quarantine?.verified === 'number'
    })
    expect(await status()).toMatchObject({ electable: false, quarantine })
    const shown = await baton('status', '--url', standby.apiAddress)
    expect(shown.output).toMatch(/quarantined/)
    expect(shown.output).toMatch(/evicted by order .* \(operator: bad disk\); an operator must clear it/)
    const health = await (await fetch(`http://${standby.apiAddress}/health`)).json()
    expect(health).toMatchObject({ healthy: false, reasons: [{ code: 'quarantined' }] })
    await waitFor('the alert', 20_000, async () => {
      const text = await (await fetch(`http://${standby.apiAddress}/metrics`)).text()
      return text.includes('baton_alert{code="quarantined"} 1')
    })
    expect(network.events(standby.node).map(({ event }) => event)).toContain('alert-raised')
    expect((await as('viewer', 'explain', 'c1')).output).toContain(`${standby.node} is evicted (operator: bad disk)`)
    expect(await as('operator', 'node', 'clear', standby.node, '--yes')).toMatchObject({ status: 0 })
    await waitFor('it to be free', 20_000, async () => (await status())?.quarantine === null)
  })

  /** Heights in between of which no other cluster has received a precommit of c1. */
  async function heightsWithoutVotes(from: number, to: number): Promise<number> {
    const seen = new Set<number>()
    for (const { cluster, dataFolder } of network.files.nodes) {
      if (cluster === 'c1') continue
      for (const vote of await readVotes(dataFolder)) {
        if (vote.cluster === 'c1' && vote.type === 'precommit') seen.add(vote.height)
      }
    }
    let missing = 0
    for (let height = from + 1; height < to; height += 1) if (!seen.has(height)) missing += 1
    return missing
  }
})
