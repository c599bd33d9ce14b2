import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Application } from '@baton/shared/core/ledger/application'
import { RECORDS_AND_TRANSFERS } from '@baton/shared/core/ledger/records-and-transfers'
import type { Transaction } from '@baton/shared/core/ledger/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadApplication } from '../../../node-runtime/src/application/load.ts'
import type { NodeConfig } from '../../../node-runtime/src/config/types.ts'
import { GENESIS, NETWORK, NODE } from '../../support/fixed-network.ts'

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-application-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function load(applicationFile: string | null, application: string = RECORDS_AND_TRANSFERS): Promise<Application> {
  return loadApplication({ genesis: { ...GENESIS, application }, applicationFile } as NodeConfig)
}

/** Every module is a file of its own: the process loads a file once. */
function moduleWith(text: string, ending = 'mjs'): string {
  const file = join(folder, `application-${++files}.${ending}`)
  writeFileSync(file, text)
  return file
}

describe('the application of a node', () => {
  test('[CF3] is the built-in one when no module is named', async () => {
    expect((await load(null)).name).toBe(RECORDS_AND_TRANSFERS)
    await expect(load(null, 'other')).rejects.toMatchObject({
      code: 'APPLICATION_INVALID',
      message: expect.stringMatching(/runs the application "other", and the built-in application/),
    })
  })

  test('[CF3] is what the default export of a module creates, in JavaScript or TypeScript', async () => {
    const wrapped = 'create: async ({ builtIn, genesis }) => Object.assign(builtIn(), { snapshot: genesis.network })'
    const plain = await load(moduleWith(`export default { interface: 1, ${wrapped} }`))
    const typed = await load(
      moduleWith(`const version: 1 = 1\nexport default { interface: version, ${wrapped} }`, 'ts'),
    )
    for (const application of [plain, typed]) {
      expect([application.name, application.snapshot]).toEqual([RECORDS_AND_TRANSFERS, NETWORK])
    }
  })

  const made = (body: string) => `export default { interface: 1, create: () => (${body}) }`
  test.each([
    ['is not there', () => join(folder, 'absent.mjs'), /cannot be loaded/],
    ['does not parse', () => moduleWith('export default {'), /cannot be loaded/],
    ['fails while it loads', () => moduleWith('throw new Error("no licence")'), /cannot be loaded: no licence/],
    ['exports nothing', () => moduleWith('export const x = 1'), /no application as its default export/],
    ['exports a function', () => moduleWith('export default () => 1'), /no application as its default export/],
    ['exports null', () => moduleWith('export default null'), /no application as its default export/],
    [
      'has a newer interface',
      () => moduleWith('export default { interface: 2, create() {} }'),
      /version 2 .* has version 1/,
    ],
    ['has no interface', () => moduleWith('export default { create() {} }'), /version undefined/],
    ['fails', () => moduleWith('export default { interface: 1, create() { throw "why" } }'), /not be created: why/],
    ['creates nothing', () => moduleWith(made('undefined')), /no application: it is undefined/],
    ['creates one without a name', () => moduleWith(made('{ snapshot: "x" }')), /it has no name/],
    [
      'creates one that cannot execute',
      () => moduleWith(made('{ name: "x", snapshot: "x", check() {}, query() {} }')),
      /it has no method execute/,
    ],
    [
      'is another than that of genesis',
      () => moduleWith(made('{ name: "x", snapshot: "x", check() {}, query() {}, execute() {} }')),
      /runs the application "records-and-transfers", and .* is "x"/,
    ],
  ] as const)('[CF3] a module that %s is a coded error with a remedy', async (_, file, why) => {
    await expect(load(file())).rejects.toMatchObject({
      code: 'APPLICATION_INVALID',
      message: expect.stringMatching(why),
      remedy: expect.stringMatching(/./),
    })
  })
})

test('[GU4, CF3] the faulty application of the demo is the built-in one until its file lies there', async () => {
  const file = join(folder, 'faulty-application.mjs')
  cpSync(join(import.meta.dirname, '../../../node-runtime/src/demo/faulty-application.mjs'), file)
  const [right, faulty] = [await load(null), await load(file)]
  const action = { kind: 'put', key: 'a', value: 'b' } as const
  const transaction: Transaction = { network: NETWORK, sender: NODE.publicKey, nonce: 'n', action }
  const context = { id: 'ab'.repeat(32) as never, height: 9 as never, index: 0, time: 0 }
  const view = { get: () => null }
  const expected = right.execute(transaction, context, view)
  expect(expected.ok).toBe(true)
  expect(faulty.execute(transaction, context, view)).toEqual(expected)
  writeFileSync(join(folder, 'wrong'), '')
  expect(faulty.execute(transaction, context, view)).not.toEqual(expected)
  rmSync(join(folder, 'wrong'))
  expect(faulty.execute(transaction, context, view)).toEqual(expected)
})
