import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readDatabase } from '../../../node-runtime/src/demo/checker/read-database.ts'
import { readHttp } from '../../../node-runtime/src/demo/checker/read-http.ts'
import { readVotes, VOTE_JOURNAL } from '../../../node-runtime/src/demo/checker/read-votes.ts'

const VOTE = {
  cluster: 'c1',
  generation: 0,
  epoch: 1,
  height: 2,
  round: 0,
  type: 'prevote',
  block: null,
  signature: 's',
}

let folder: string
let server: Server | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-checker-'))
})
afterEach(() => {
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('vote journals', () => {
  const journal = (text: string) => writeFileSync(join(folder, VOTE_JOURNAL), text)

  test('a node that never was a master has none', async () => {
    expect(await readVotes(folder)).toEqual([])
  })

  test('a line torn by a kill is left out, also when the restarted node has appended to it', async () => {
    const line = JSON.stringify({ ...VOTE, from: 'c1-n1', at: 1 })
    journal(`${line}\n${line.slice(0, 40)}${line}\n`)
    expect(await readVotes(folder)).toEqual([VOTE, VOTE])
    appendFileSync(join(folder, VOTE_JOURNAL), line.slice(0, 40))
    expect(await readVotes(folder)).toHaveLength(2)
  })

  test('anything else that is no vote is an error: the checker must not look away', async () => {
    journal(`{"cluster":"c1"}\n${JSON.stringify(VOTE)}\n`)
    await expect(readVotes(folder)).rejects.toThrow('holds a line that is no vote')
  })
})

describe('copies of the chain', () => {
  test('a missing database is an error', () => {
    expect(() => readDatabase('c1-n1', folder)).toThrow()
  })

  test('a node that serves another block than its hash names is not believed', async () => {
    const zeros = '0'.repeat(64)
    const header = {
      network: 'demo',
      height: 1,
      previous: zeros,
      time: 1,
      proposer: 'c1',
      transactionsRoot: zeros,
      credentials: zeros,
      tokens: zeros,
      result: zeros,
      lastCommit: zeros,
    }
    server = createServer((_, response) =>
      response.end(JSON.stringify({ hash: zeros, header, result: zeros, transactions: [] })),
    )
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(readHttp('c1-n1', address)).rejects.toThrow('is not the one its hash names')
  })

  test('a node that does not answer is an error', async () => {
    await expect(readHttp('c1-n1', '127.0.0.1:1')).rejects.toThrow()
  })
})
