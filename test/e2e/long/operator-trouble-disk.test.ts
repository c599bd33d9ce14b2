import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'
import { limitedDatabase, mountedDisk, type SmallDisk } from '../../support/e2e-small-disk.ts'

const DISK_BYTES = 2 * 1024 * 1024
/** sysexits: EX_IOERR. */
const STORAGE_STATUS = 'exit status 74'

describe('a full disk', () => {
  let network: E2eNetwork | undefined
  let disk: SmallDisk | null = null
  afterEach(async () => {
    await network?.stop()
    network = undefined
    disk = null
  })

  test.each([
    ['of its own, or limited where this user may not mount', mountedDisk],
    ['imitated by a limit on the database', () => null],
  ] as const)(
    '[GU1, GU2, CLI1] %s: the master stops with STORAGE_FULL, the standby takes over, and nothing acknowledged is lost',
    async (_, mount) => {
      network = await E2eNetwork.start({
        clusters: [2],
        preset: 'wan',
        prepare: ({ nodes }) => {
          disk = mount(nodes[0]!.dataFolder, DISK_BYTES) ?? limitedDatabase(DISK_BYTES)
        },
        release: () => disk?.remove(),
        environmentOf: (node) => (node === 'c1-n1' ? disk!.environment : {}),
      })
      expect(await network.master('c1')).toEqual({ name: 'c1-n1', epoch: 1 })
      const load = await SteadyLoad.start(network, { perSecond: 40, valueCharacters: 8_000 })

      expect(await network.ended('c1-n1', 60_000)).toBe(STORAGE_STATUS)
      const last = network.events('c1-n1').findLast(({ event }) => event === 'fail-stop')
      expect(last).toMatchObject({ code: 'STORAGE_FULL', msg: expect.stringMatching(/no space left in .*free space/) })

      expect(await network.master('c1', 2)).toEqual({ name: 'c1-n2', epoch: 2 })
      await load.more(40)
      const acknowledged = load.acknowledged.length
      expect(acknowledged).toBeGreaterThan(40)

      disk!.makeRoom()
      network.start('c1-n1')
      await network.whole()
      expect(await load.judge()).toMatchObject(NOTHING_WRONG)
      expect(load.failures).toEqual([])
      expect(await network.epochs()).toEqual({ c1: 2 })
    },
  )
})

describe('a log that is damaged or gone', () => {
  let network: E2eNetwork
  beforeAll(async () => {
    network = await E2eNetwork.start({ clusters: [2, 2], preset: 'wan' })
  })
  afterAll(() => network?.stop())

  test('[EL6, GU3, GU5, NW3] a master with a damaged log does not start; without its folder it re-syncs, and is elected again', async () => {
    const before = await network.master('c1')
    const { name } = before
    const load = await SteadyLoad.start(network, { perSecond: 60 })
    await load.more(60)
    await network.node(name).kill()
    const after = await network.master('c1', before.epoch + 1)
    const folder = network.node(name).files.dataFolder
    flipByteInLog(folder)

    network.start(name)
    expect(await network.ended(name)).toBe(STORAGE_STATUS)
    const said = network.logOf(name)
    expect(said).toMatch(/error STORAGE_DAMAGED: log entry \d+: its content does not match its hash/)
    expect(said).toContain(`move ${folder} away and start the node again`)
    expect(network.events(name).filter(({ event }) => event === 'started')).toHaveLength(1)

    renameSync(folder, `${folder}.damaged`)
    network.start(name)
    await network.whole()
    expect((await network.status(name))?.electable).toBe(true)
    await load.more(60)

    // Its turn again: it votes for c1 under a third epoch, without any memory of what it signed under the first.
    await network.node(after.name).kill()
    expect(await network.master('c1', after.epoch + 1)).toEqual({ name, epoch: after.epoch + 1 })
    await load.more(60)
    network.start(after.name)
    await network.whole()
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
  })

  test('[EL6, RG2] an emptied standby is not elected while its master is away, though it is in the sync set', async () => {
    await network.whole()
    const before = await network.master('c1')
    const standby = network.nodes.find(({ files }) => files.cluster === 'c1' && files.node !== before.name)!
    const { node: standbyName, dataFolder } = standby.files
    const load = await SteadyLoad.start(network, { perSecond: 60 })
    await load.more(60)
    // Both at once: the sync set keeps both, because nobody is left to take the standby out.
    await Promise.all([network.node(before.name).kill(), standby.kill()])
    renameSync(dataFolder, `${dataFolder}.lost`)
    expect(existsSync(join(dataFolder, 'node.db'))).toBe(false)

    const eventsBefore = network.events(standbyName).length
    network.start(standbyName)
    await waitFor('it to miss its master', 30_000, () =>
      network
        .events(standbyName)
        .slice(eventsBefore)
        .find(({ event }) => event === 'suspected'),
    )
    const status = await network.status(standbyName)
    expect(status).toMatchObject({ role: 'ordinary', electable: false, resync: 'it has no log of its cluster yet' })

    network.start(before.name)
    const again = await network.master('c1')
    expect(again.name).toBe(before.name)
    await network.whole()
    const since = network.events(standbyName).slice(eventsBefore)
    expect(since.filter(({ event }) => event === 'promoted')).toEqual([])
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
  })
})

/** In the body of an entry in the middle of the log. */
function flipByteInLog(folder: string): void {
  const database = new DatabaseSync(join(folder, 'node.db'))
  const { position, body } = database
    .prepare('SELECT position, body FROM log ORDER BY position LIMIT 1 OFFSET (SELECT count(*) / 2 FROM log)')
    .get() as { position: number; body: Uint8Array }
  body[body.length >> 1]! ^= 0x01
  expect(database.prepare('UPDATE log SET body = ? WHERE position = ?').run(body, position).changes).toBe(1)
  database.close()
}
