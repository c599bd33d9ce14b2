/** `baton owner rotate-key` (ID1): the owner of a cluster puts a new key in the place of its own, with a window in which both count. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import { peekNotice } from '@baton/shared/crypto/notices'
import {
  endOfOwnerKey,
  openWindow,
  presentOwnerKeys,
  rotationProblem,
  rotationsOf,
} from '@baton/shared/crypto/owner-keys'
import type { OwnerRotation } from '@baton/shared/crypto/statement-types'
import { type SignBytes, signStatementWith, verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Jws, NodeId, PublicKey, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { reasonOf } from '../../config/genesis-file.ts'
import { IdentityClient } from '../../identity/identity-client.ts'
import { readSecret } from '../../identity/key-file.ts'
import { askNotices } from '../../identity/known-notices.ts'
import { minterLine } from '../../identity/minter-transaction.ts'
import { openOwnerKey } from '../../identity/owner-key-file.ts'
import { countingOwnerKeys, type OwnerKeyOptions, ownerSigner } from '../../identity/owner-signer.ts'
import { readPassphrase } from '../../identity/passphrase.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface RotateOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly newOwnerKey: string
  readonly authorityUrl: string
  /** Milliseconds. */
  readonly window: number
  readonly out: string
  readonly minterOut?: string
  readonly dryRun?: boolean
}

interface Plan {
  readonly rotation: OwnerRotation
  /** It was recorded by an earlier run, which did not get to its end. */
  readonly recorded: boolean
  /** What the cluster's owner has said before, to be said again with the new key. */
  readonly again: readonly Jws[]
  readonly nodes: readonly NodeId[]
}

/** @throws BatonError BAD_REQUEST, IDENTITY_INVALID, PASSPHRASE_WRONG, SIGNER_FAILED, STATEMENT_INVALID, UNREACHABLE, STORAGE_FAILED */
export async function ownerRotateKey(options: RotateOptions): Promise<void> {
  const genesis = genesisOf(options.genesis)
  const cluster = options.cluster as ClusterId
  const client = new IdentityClient(options.authorityUrl, genesis.network)
  const { trust, statements } = await askNotices(client, genesis)
  countingOwnerKeys(trust, cluster)
  const [oldSign, next] = [await ownerSigner(options), await openNewKey(options.newOwnerKey)]
  const newSign: SignBytes = (message) => signEd25519(next.privateKey, message)
  const again = statements.filter((statement) => isOf(cluster, statement))
  const nodes = (await client.nodes(cluster)).filter(({ revoked }) => !revoked).map(({ node }) => node)
  const finished = alreadyRecorded(trust, cluster, next.publicKey, statements)
  const rotation = finished ?? (await newRotation(trust, options, genesis, next.publicKey, oldSign))
  const plan: Plan = { rotation, recorded: finished !== null, again, nodes }
  const minter = options.minterOut === undefined ? null : await minterFile(options.minterOut, rotation, oldSign)
  if (options.dryRun === true) return tell(options, plan, 'dry run: nothing was sent and nothing was written')
  if (finished === null) await client.notice(await signStatementWith('ownerRotation', rotation, oldSign))
  for (const statement of again) await client.notice(await signedAnew(statement, newSign))
  const file = await keep(options.out, genesis, client, cluster)
  if (minter !== null) keepMinter(minter)
  tell(options, plan, `recorded; ${file} written`)
}

/** The rotation to this key that an earlier run has had recorded, or null. */
function alreadyRecorded(
  trust: Trust,
  cluster: ClusterId,
  to: PublicKey,
  statements: readonly Jws[],
): OwnerRotation | null {
  if (!presentOwnerKeys(trust, cluster).includes(to)) return null
  for (const statement of statements) {
    const read = peekNotice(statement)
    if (read.ok && read.value.kind === 'ownerRotation' && read.value.payload.to === to) return read.value.payload
  }
  return null
}

async function newRotation(
  trust: Trust,
  { window, cluster: name }: RotateOptions,
  { network }: Genesis,
  to: PublicKey,
  sign: SignBytes,
): Promise<OwnerRotation> {
  const cluster = name as ClusterId
  const issuedAt = Date.now() as UnixMs
  if (window > LIMITS.ownerWindowMs) throw refused(`--window is longer than ${LIMITS.ownerWindowMs / 86_400_000}d`)
  const open = openWindow(trust, cluster, issuedAt)
  if (open !== null) {
    const end = new Date(open.at).toISOString()
    throw refused(
      `a rotation of ${cluster} is under way: the key before counts until ${end}`,
      'rotate again after that',
    )
  }
  const until = (issuedAt + window) as UnixMs
  const sequence = rotationsOf(trust, cluster) + 1
  for (const from of presentOwnerKeys(trust, cluster)) {
    const rotation: OwnerRotation = { network, cluster, sequence, from, to, issuedAt, until }
    const signed = await signStatementWith('ownerRotation', rotation, sign)
    if (!(await verifyStatement('ownerRotation', signed, [from])).ok) continue
    const problem = rotationProblem(trust, rotation)
    if (problem === null) return rotation
    throw refused(problem)
  }
  const present = presentOwnerKeys(trust, cluster).join(', ')
  throw new BatonError('IDENTITY_INVALID', `--owner-key is not the present owner key of cluster ${cluster}`, {
    remedy: `sign with the key whose public part is ${present}`,
  })
}

/** What is signed anew says the same: those who were away are told it by the key that counts when they come back. */
async function signedAnew(statement: Jws, sign: SignBytes): Promise<Jws> {
  const read = peekNotice(statement)
  if (!read.ok || read.value.kind === 'ownerRotation') throw new BatonError('INTERNAL', 'a rotation is not signed anew')
  return read.value.kind === 'revocation'
    ? signStatementWith('revocation', read.value.payload, sign)
    : signStatementWith('authorityKeys', read.value.payload, sign)
}

function isOf(cluster: ClusterId, statement: Jws): boolean {
  const read = peekNotice(statement)
  return read.ok && read.value.kind !== 'ownerRotation' && read.value.payload.cluster === cluster
}

/** As the authority has recorded it: all rotations of the cluster, one a line. */
async function keep(out: string, genesis: Genesis, client: IdentityClient, cluster: ClusterId): Promise<string> {
  const file = resolve(out)
  const { trust, statements } = await askNotices(client, genesis)
  const lines = statements.filter((statement) => {
    const read = peekNotice(statement)
    return (
      read.ok && read.value.kind === 'ownerRotation' && endOfOwnerKey(trust, cluster, read.value.payload.from) !== null
    )
  })
  try {
    const known = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
    const fresh = lines.filter((line) => !known.includes(line))
    if (fresh.length > 0) appendFileSync(file, `${fresh.join('\n')}\n`)
  } catch (error) {
    throw new BatonError('STORAGE_FAILED', `${file} cannot be written: ${reasonOf(error)}`, {
      remedy: 'the rotation is recorded: run the same command again with another --out',
      cause: error,
    })
  }
  return file
}

interface MinterFile {
  readonly file: string
  readonly line: string
  readonly isThere: boolean
}

/** Nothing is written yet: what is in the way is found before anything is sent. @throws BatonError BAD_REQUEST, IDENTITY_INVALID */
async function minterFile(path: string, rotation: OwnerRotation, sign: SignBytes): Promise<MinterFile> {
  const [file, line] = [resolve(path), await minterLine(rotation, sign)]
  const isThere = existsSync(file)
  if (isThere && readFileSync(file, 'utf8') !== line) {
    throw refused(`--minter-out ${file} exists, and is another transaction`, 'name a file that does not exist')
  }
  return { file, line, isThere }
}

function keepMinter({ file, line, isThere }: MinterFile): void {
  if (!isThere) writeNewFiles(dirname(file), [{ path: basename(file), content: line }])
}

async function openNewKey(file: string) {
  return openOwnerKey(file, readSecret(file), () => readPassphrase(`Passphrase of ${file}: `))
}

function tell(options: RotateOptions, { rotation, recorded, again, nodes }: Plan, outcome: string): void {
  const { cluster, from, to, until } = rotation
  const { out, minterOut, dryRun = false } = options
  if (options.json) {
    printJson({
      ...rotation,
      out: resolve(out),
      minterOut: minterOut === undefined ? null : resolve(minterOut),
      dryRun,
      recordedBefore: recorded,
      signedAnew: again.length,
      nodes,
    })
    return
  }
  const end = new Date(until).toISOString()
  print(`owner key of ${cluster}: ${from} is replaced by ${to}; both count until ${end} (${outcome})`)
  print(`${again.length} revocation(s) and agreement(s) of this owner are signed anew with the new key.`)
  print(`Next, before ${end}:`)
  const certify = `baton node certify --owner-key ${options.newOwnerKey} --owner-changes ${out} --certificate FILE --out NEXT`
  print(`  for each of ${nodes.join(', ') || 'its nodes'}: ${certify}, then baton key install on its host`)
  print(`  new tokens of operators and for joining: --owner-key ${options.newOwnerKey} --owner-changes ${out}`)
  print(
    minterOut === undefined
      ? '  the built-in ledger: the old key mints on, unless the same command with --minter-out FILE writes what ends that'
      : `  the built-in ledger: baton submit ${minterOut} --url NODE makes the new key mint in the place of the old one`,
  )
  print(`  keep ${out} with genesis.json; destroy the old key after ${end}`)
}

function refused(why: string, remedy?: string): BatonError {
  return new BatonError('BAD_REQUEST', why, remedy === undefined ? {} : { remedy })
}
