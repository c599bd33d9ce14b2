/** `baton owner rotate-key` (ID1): the owner of a cluster puts a new key in the place of its own, with a window in which both count. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import type { OwnerRotation } from '@baton/shared/crypto/statement-types'
import { type SignBytes, signStatementWith } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws, NodeId } from '@baton/shared/ids'
import { IdentityClient } from '../../identity/identity-client.ts'
import { readSecret } from '../../identity/key-file.ts'
import { askNotices, noticesIn } from '../../identity/known-notices.ts'
import { minterLine } from '../../identity/minter-transaction.ts'
import { openOwnerKey } from '../../identity/owner-key-file.ts'
import { alreadyRecorded, isSaidBy, newRotation, signedAnew } from '../../identity/owner-rotation.ts'
import { countingOwnerKeys, type OwnerKeyOptions, ownerSigner } from '../../identity/owner-signer.ts'
import { readPassphrase } from '../../identity/passphrase.ts'
import { keepRecorded } from '../../identity/recorded-rotations.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface RotateOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly newOwnerKey: string
  /** Not given: offline. */
  readonly authorityUrl?: string
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

/**
 * Without `authorityUrl` everything is signed and written to `out`, for `baton node send`: the owner's keys never meet a network.
 * @throws BatonError BAD_REQUEST, IDENTITY_INVALID, PASSPHRASE_WRONG, SIGNER_FAILED, STATEMENT_INVALID, CONFIG_INVALID, UNREACHABLE, STORAGE_FAILED
 */
export async function ownerRotateKey(options: RotateOptions): Promise<void> {
  const { authorityUrl, out, minterOut, window } = options
  const genesis = genesisOf(options.genesis)
  const cluster = options.cluster as ClusterId
  const client = authorityUrl === undefined ? null : new IdentityClient(authorityUrl, genesis.network)
  const { trust, statements } = await (client === null
    ? noticesIn(genesis, options.ownerChanges)
    : askNotices(client, genesis))
  countingOwnerKeys(trust, cluster)
  const [oldSign, next] = [await ownerSigner(options), await openNewKey(options.newOwnerKey)]
  const newSign: SignBytes = (message) => signEd25519(next.privateKey, message)
  const again = statements.filter((statement) => isSaidBy(cluster, statement))
  const nodes = client === null ? [] : await nodesOf(client, cluster)
  const finished = client === null ? null : alreadyRecorded(trust, cluster, next.publicKey, statements)
  const rotation = finished ?? (await newRotation(trust, { cluster, window }, next.publicKey, oldSign))
  const plan: Plan = { rotation, recorded: finished !== null, again, nodes }
  const minter = minterOut === undefined ? null : await minterFile(minterOut, rotation, oldSign)
  if (options.dryRun === true) return tell(options, plan, 'dry run: nothing was sent and nothing was written')
  const signed = finished === null ? [await signStatementWith('ownerRotation', rotation, oldSign)] : []
  for (const statement of again) signed.push(await signedAnew(statement, newSign))
  if (client === null) {
    if (minter !== null) keepMinter(minter)
    const file = resolve(out)
    writeNewFiles(dirname(file), [{ path: basename(file), content: `${signed.join('\n')}\n` }])
    return tell(options, plan, `signed; ${file} written, nothing sent`)
  }
  for (const statement of signed) await client.notice(statement)
  const file = await keepRecorded(out, genesis, client, cluster)
  if (minter !== null) keepMinter(minter)
  tell(options, plan, `recorded; ${file} written`)
}

async function nodesOf(client: IdentityClient, cluster: ClusterId): Promise<readonly NodeId[]> {
  return (await client.nodes(cluster)).filter(({ revoked }) => !revoked).map(({ node }) => node)
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
    throw new BatonError('BAD_REQUEST', `--minter-out ${file} exists, and is another transaction`, {
      remedy: 'name a file that does not exist',
    })
  }
  return { file, line, isThere }
}

function keepMinter({ file, line, isThere }: MinterFile): void {
  if (!isThere) writeNewFiles(dirname(file), [{ path: basename(file), content: line }])
}

async function openNewKey(file: string) {
  return openOwnerKey(file, readSecret(file), () => readPassphrase(`Passphrase of ${file}: `))
}

function tell(options: RotateOptions, plan: Plan, outcome: string): void {
  const { rotation, recorded, again, nodes } = plan
  const { out, minterOut, dryRun = false, authorityUrl } = options
  if (options.json) {
    printJson({
      ...rotation,
      out: resolve(out),
      minterOut: minterOut === undefined ? null : resolve(minterOut),
      dryRun,
      offline: authorityUrl === undefined,
      recordedBefore: recorded,
      signedAnew: again.length,
      nodes,
    })
    return
  }
  const { cluster, from, to, until } = rotation
  const end = new Date(until).toISOString()
  print(`owner key of ${cluster}: ${from} is replaced by ${to}; both count until ${end} (${outcome})`)
  print(`${again.length} revocation(s) and agreement(s) of this owner are signed anew with the new key.`)
  for (const line of nextSteps(options, nodes, end)) print(line)
}

/** `end`: of the window, for people. */
function nextSteps(
  { out, minterOut, newOwnerKey, authorityUrl }: RotateOptions,
  nodes: readonly NodeId[],
  end: string,
) {
  const changes = authorityUrl === undefined ? 'CHANGES' : out
  const send = `  where there is a network: baton node send ${out} --authority-url URL --out CHANGES; the window runs already`
  const certify = `baton node certify --owner-key ${newOwnerKey} --owner-changes ${changes} --certificate FILE --out NEXT`
  return [
    `Next, before ${end}:`,
    ...(authorityUrl === undefined ? [send] : []),
    `  for each of ${nodes.join(', ') || 'its nodes'}: ${certify}, then baton key install on its host`,
    `  new tokens of operators and for joining: --owner-key ${newOwnerKey} --owner-changes ${changes}`,
    minterOut === undefined
      ? '  the built-in ledger: the old key mints on, unless the same command with --minter-out FILE writes what ends that'
      : `  the built-in ledger: baton submit ${minterOut} --url NODE makes the new key mint in the place of the old one`,
    `  keep ${changes} with genesis.json; destroy the old key after ${end}`,
  ]
}
