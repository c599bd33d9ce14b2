import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeSigned } from '@baton/shared/codec/transaction'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import { fromBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { importPrivateJwk, importPrivatePem, type KeyPair } from '@baton/shared/crypto/keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import { presentOwnerKeys } from '@baton/shared/crypto/owner-keys'
import { type Revocation, STATEMENT_TYPES } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement, typeOf, verifyStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import { parseGenesis } from '@baton/shared/genesis-schema'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addressesFrom } from '../../../node-runtime/src/network/addresses.ts'
import { createNetwork } from '../../../node-runtime/src/network/init.ts'
import { planLayout } from '../../../node-runtime/src/network/layouts.ts'
import { runBaton } from './run-baton.ts'

const C1 = 'c1' as ClusterId
const TIMEOUT_MS = 120_000

let folder: string
let genesis: Genesis
let owner: KeyPair
let next: KeyPair
let edge: Edge

/** A directory that takes notices as the real one does (`worker/src/objects/directory/notice-board.ts`), in memory. */
interface Edge {
  readonly url: string
  readonly book: NoticeBook
  readonly kept: Jws[]
  requests: number
  readonly server: Server
}

async function startEdge(authority: KeyPair): Promise<Edge> {
  const book = new NoticeBook(genesis)
  const server = createServer(async (request, response) => {
    edge.requests += 1
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.method === 'GET') return answer(200, { notices: edge.kept })
    const said = JSON.parse(await bodyOf(request)).statement as Jws
    const isKnown = (kept: Jws) => kept === said || rotationIn(kept) === said
    if (edge.kept.some(isKnown)) return answer(200, { added: false })
    const statement = typeOf(said) === STATEMENT_TYPES.ownerRotation ? await recorded(said, authority) : said
    const { verified, refused } = await book.verifyAll([statement], Date.now() as UnixMs)
    if (refused[0] !== undefined) {
      return answer(400, { error: refused[0].refusal.code, message: refused[0].refusal.why })
    }
    edge.kept.push(statement)
    for (const { notice } of verified) book.add(notice)
    answer(200, { added: true })
  })
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, book, kept: [], requests: 0, server }
}

async function recorded(rotation: Jws, authority: KeyPair): Promise<Jws> {
  const payload = { network: genesis.network, cluster: C1, rotation }
  return signStatement('recordedRotation', payload, authority.privateKey)
}

function rotationIn(statement: Jws): Jws | null {
  const read =
    typeOf(statement) === STATEMENT_TYPES.recordedRotation ? peekStatement('recordedRotation', statement) : null
  return read?.ok ? (read.payload.rotation as Jws) : null
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

const at = (name: string) => join(folder, 'net', name)
const baton = (...args: string[]) => runBaton(args, { cwd: join(folder, 'net') })

async function succeeds(...args: string[]): Promise<string> {
  const ended = await baton(...args)
  expect(ended, args.join(' ')).toMatchObject({ status: 0, stderr: '' })
  return ended.stdout
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-offline-'))
  const clusters = planLayout({ layout: 'two-company', nodesPerCluster: 2 })
  const addressOf = addressesFrom('127.0.0.1', 7_100, clusters)
  await createNetwork({
    network: 'trade',
    out: join(folder, 'net'),
    clusters,
    addressOf,
    authorityUrl: 'http://127.0.0.1:1',
  })
  const read = parseGenesis(readFileSync(at('genesis.json'), 'utf8'))
  if (!read.ok) throw new Error(read.why)
  genesis = read.value
  await succeeds('key', 'create', '--out', at('next.jwk'))
  const keys = await Promise.all([
    importPrivatePem(readFileSync(at('owners/c1.key.pem'), 'utf8')),
    importPrivateJwk(readFileSync(at('next.jwk'), 'utf8')),
    importPrivateJwk(readFileSync(at('authority/authority.key.json'), 'utf8')),
  ])
  const [a, b, c] = keys.map((key) => {
    if (!key.ok) throw new Error(key.why)
    return key.value
  }) as [KeyPair, KeyPair, KeyPair]
  owner = a
  next = b
  edge = await startEdge(c)
}, TIMEOUT_MS)
afterAll(() => {
  edge?.server.close()
  rmSync(folder, { recursive: true })
})

const rotate = (...more: string[]) =>
  baton('owner', 'rotate-key', '--cluster', 'c1', '--new-owner-key', 'next.jwk', '--window', '1h', ...more)

test('[CLI3, ID1, LE13] an owner rotates its key on a machine without a network; others carry over what it signed', {
  timeout: TIMEOUT_MS,
}, async () => {
  const revocation: Revocation = {
    ...{ network: genesis.network, cluster: C1, id: 'r-1', subject: { kind: 'token', token: 't-1' } },
    ...{ reason: 'it was lost', at: Date.now() as UnixMs },
  }
  edge.kept.push(await signStatement('revocation', revocation, owner.privateKey))
  const { url } = edge
  expect(await succeeds('owner', 'changes', '--authority-url', url, '--out', 'known.jws')).toMatch(/^1 statement/)
  const asked = edge.requests

  // The wrong key, and nothing was written.
  const bundle = ['--owner-changes', 'known.jws', '--minter-out', 'minter.jsonl', '--out', 'rotation.jws']
  const wrong = await rotate('--owner-key', 'owners/c2.key.pem', ...bundle)
  expect(wrong.stderr).toContain('is not the present owner key of cluster c1')
  const dry = await rotate('--owner-key', 'owners/c1.key.pem', ...bundle, '--dry-run')
  expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining('dry run') })
  expect([existsSync(at('rotation.jws')), existsSync(at('minter.jsonl'))]).toEqual([false, false])

  const signed = await rotate('--owner-key', 'owners/c1.key.pem', ...bundle)
  expect(signed).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('nothing sent') })
  expect(signed.stdout).toContain('baton node send rotation.jws')
  const lines = readFileSync(at('rotation.jws'), 'utf8').trim().split('\n')
  expect(lines.map(typeOf)).toEqual([STATEMENT_TYPES.ownerRotation, STATEMENT_TYPES.revocation])
  expect((await verifyStatement('revocation', lines[1]!, [next.publicKey])).ok).toBe(true)
  expect((await rotate('--owner-key', 'owners/c1.key.pem', ...bundle)).stderr).toContain('exists: nothing was written')
  expect(edge.requests).toBe(asked)

  const send = ['node', 'send', 'rotation.jws', '--authority-url', url]
  expect((await baton(...send)).stderr).toContain('say with --out where its record goes')
  expect([edge.requests, edge.kept.length]).toEqual([asked, 1])
  expect(await succeeds(...send, '--out', 'changes.jws')).toMatch(/^ownerRotation .* sent\nrevocation .* sent\n/)
  // Once more, as after a crash in between: nothing new.
  expect(await succeeds(...send, '--out', 'changes.jws')).toMatch(
    /^ownerRotation .* known already\nrevocation .* known/,
  )
  expect(readFileSync(at('changes.jws'), 'utf8').trim().split('\n')).toHaveLength(1)
  expect(edge.kept).toHaveLength(3)
  expect(presentOwnerKeys(edge.book.trust, C1)).toEqual([next.publicKey])
  const token = ['operator', 'create', '--cluster', 'c1', '--role', 'viewer', '--name', 'Ann', '--expires', '1d']
  await succeeds(...token, '--owner-key', 'next.jwk', '--owner-changes', 'changes.jws', '--out', 'ann.token')

  // The transaction for the ledger is of the old key, for the new one, and would be taken in.
  const { signed: text } = JSON.parse(readFileSync(at('minter.jsonl'), 'utf8')) as { signed: string }
  const decoded = decodeSigned(sha256, fromBase64Url(text)!)
  const action = { kind: 'replace-minter', to: next.publicKey }
  expect(decoded).toMatchObject({ value: { transaction: { network: 'trade', sender: owner.publicKey, action } } })
  if (decoded.ok) {
    const empty = { get: () => null }
    expect(new RecordsAndTransfers(genesis).check(decoded.value.transaction, empty)).toEqual({ ok: true })
  }
})

test('[ID1] one that was signed without what is known already is refused where it is sent, and writes no record', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { url } = edge
  const again = await rotate('--owner-key', 'owners/c1.key.pem', '--out', 'second.jws')
  // Offline and without what is known, it is signed; but its number has been given.
  expect(again.status).toBe(0)
  const late = await baton('node', 'send', 'second.jws', '--authority-url', url, '--out', 'late.jws')
  expect(late.status).not.toBe(0)
  expect(late.stderr).toContain('the next one is 2')
  expect(existsSync(at('late.jws'))).toBe(false)
  // With what is known it is not even signed.
  const known = await rotate('--owner-key', 'owners/c1.key.pem', '--owner-changes', 'changes.jws', '--out', 'third.jws')
  expect(known.stderr).toContain('is under way')
  expect(existsSync(at('third.jws'))).toBe(false)
})
