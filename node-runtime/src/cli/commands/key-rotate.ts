import { existsSync, readFileSync, renameSync } from 'node:fs'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import { exportPrivateJwk, generateKeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { Jws } from '@baton/shared/ids'
import { reasonOf } from '../../config/genesis-file.ts'
import { loadConfig } from '../../config/load.ts'
import type { NodeConfig } from '../../config/types.ts'
import { replaceFile } from '../../identity/durable-file.ts'
import { IdentityClient } from '../../identity/identity-client.ts'
import { readKeyFile } from '../../identity/key-file.ts'
import { askNotices, keepNotices } from '../../identity/known-notices.ts'
import { readStatements } from '../../identity/statements-file.ts'
import { ensureX509File } from '../../identity/x509-file.ts'
import { checkMemberKey } from '../../network/fixed-members.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

/** The next key waits beside the present one until its certificate is there. Made once: called again, it shows the same. */
export async function keyRotate({ config: file, json }: OutputOptions & { readonly config: string }): Promise<void> {
  const config = configOf(file)
  const next = nextKeyFile(config)
  if (!existsSync(next)) replaceFile(next, await exportPrivateJwk(await generateKeyPair()), true)
  const { publicKey } = await readKeyFile(next)
  if (json) return printJson({ file: next, publicKey })
  print(`${next} written (mode 0600)\npublic key: ${publicKey}`)
  const { genesis, cluster, node, certificateFile } = config
  if (clusterOf(genesis, cluster)?.arbiter === undefined) {
    print(`Next, by the owner: baton node certify --certificate ${certificateFile} --key ${publicKey} --out next.jws …`)
    return
  }
  // MJ1: the others know an arbiter by its key.
  print(
    `Next, by the owner: baton node replace-key ${node} --cluster ${cluster} --key ${publicKey} --out member-key.jws …`,
  )
}

export interface KeyInstallOptions extends OutputOptions {
  readonly config: string
  readonly certificate: string
  /** File with what owners have said, which this node takes along: the others hear it from it (MJ1). */
  readonly notices?: string
}

/**
 * Replaces certificate and key of a node that does not run. Every step leaves a state from which it goes on when called again.
 * @throws BatonError CONFIG_INVALID, IDENTITY_INVALID
 */
export async function keyInstall({
  config: file,
  certificate: certificateFile,
  notices,
  json,
}: KeyInstallOptions): Promise<void> {
  const config = configOf(file)
  const jws = readCertificate(certificateFile)
  const trust = await trustOf(config, notices)
  const verified = await verifyCertificate(trust, jws)
  if (!verified.ok) throw unusable(certificateFile, verified.why)
  const { node, cluster, site, key } = verified.value
  if (node !== config.node || cluster !== config.cluster) throw unusable(certificateFile, `it is of ${cluster}/${node}`)
  const next = nextKeyFile(config)
  checkMemberKey(trust, verified.value)
  // A host that takes the place of a lost one has no key of before.
  const present = existsSync(config.keyFile) ? await readKeyFile(config.keyFile) : null
  if (present?.publicKey !== key) {
    if (!existsSync(next) || (await readKeyFile(next)).publicKey !== key) {
      throw unusable(certificateFile, `it is for the key ${key}, which is neither the present nor the next one here`)
    }
    if (present !== null) replaceFile(`${config.keyFile}.old`, await exportPrivateJwk(present), true)
    renameSync(next, config.keyFile)
  }
  replaceFile(config.certificateFile, jws)
  await ensureX509File(config.certificateFile, jws as never, await readKeyFile(config.keyFile))
  if (json) return printJson({ node, cluster, site, key })
  print(`${node} has its new certificate, for site ${site} and key ${key}.`)
  if (site !== config.site) print(`Set site = "${site}" in ${config.file}.`)
  print(`Next: baton run --config ${file}`)
}

/**
 * With what owners have said since genesis: the node may have been away when its owner's key was replaced, and learns it with this.
 * @throws BatonError STATEMENT_INVALID for a notice in the file that does not verify
 */
async function trustOf({ genesis, dataFolder, authorityUrl }: NodeConfig, file: string | undefined): Promise<Trust> {
  const brought = file === undefined ? [] : readStatements('--notices', file)
  const asked = await askedNotices(new IdentityClient(authorityUrl, genesis.network), genesis)
  const { trust, refused } = await keepNotices(genesis, dataFolder, [...asked, ...brought])
  for (const { statement, refusal } of refused) {
    if (!brought.includes(statement)) continue
    throw new BatonError('STATEMENT_INVALID', `--notices ${file} holds a line that does not verify: ${refusal.why}`, {
      remedy:
        'use what `baton node replace-key` wrote with the genesis document of this network, after what `baton owner changes` shows',
    })
  }
  return trust
}

async function askedNotices(client: IdentityClient, genesis: Genesis): Promise<readonly Jws[]> {
  try {
    return (await askNotices(client, genesis)).statements
  } catch (error) {
    // Out of reach: what is on the disk has to do, and is enough unless just that has changed.
    if (error instanceof BatonError && error.code === 'UNREACHABLE') return []
    throw error
  }
}

function nextKeyFile({ keyFile }: NodeConfig): string {
  return `${keyFile}.next`
}

function configOf(file: string): NodeConfig {
  const loaded = loadConfig(file, 'to-come')
  if (loaded.ok) return loaded.value
  throw loaded.error
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw unusable(file, reasonOf(error), error)
  }
}

function unusable(file: string, why: string, cause?: unknown): BatonError {
  return new BatonError('IDENTITY_INVALID', `the certificate ${file} cannot be used: ${why}`, { cause })
}
