import { existsSync, readFileSync, renameSync } from 'node:fs'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import { exportPrivateJwk, generateKeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../../config/genesis-file.ts'
import { loadConfig } from '../../config/load.ts'
import type { NodeConfig } from '../../config/types.ts'
import { replaceFile } from '../../identity/durable-file.ts'
import { IdentityClient } from '../../identity/identity-client.ts'
import { readKeyFile } from '../../identity/key-file.ts'
import { askNotices, keepNotices } from '../../identity/known-notices.ts'
import { ensureX509File } from '../../identity/x509-file.ts'
import { checkMayChangeKey } from '../../network/fixed-members.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

/** The next key waits beside the present one until its certificate is there. Made once: called again, it shows the same. */
export async function keyRotate({ config: file, json }: OutputOptions & { readonly config: string }): Promise<void> {
  const config = configOf(file)
  checkMayChangeKey(config.genesis, config.cluster, config.node)
  const next = nextKeyFile(config)
  if (!existsSync(next)) replaceFile(next, await exportPrivateJwk(await generateKeyPair()), true)
  const { publicKey } = await readKeyFile(next)
  if (json) return printJson({ file: next, publicKey })
  print(`${next} written (mode 0600)\npublic key: ${publicKey}`)
  print(
    `Next, by the owner: baton node certify --certificate ${config.certificateFile} --key ${publicKey} --out next.jws …`,
  )
}

/**
 * Replaces certificate and key of a node that does not run. Every step leaves a state from which it goes on when called again.
 * @throws BatonError CONFIG_INVALID, IDENTITY_INVALID
 */
export async function keyInstall({
  config: file,
  certificate: certificateFile,
  json,
}: OutputOptions & { readonly config: string; readonly certificate: string }): Promise<void> {
  const config = configOf(file)
  const jws = readCertificate(certificateFile)
  const verified = await verifyCertificate(await trustOf(config), jws)
  if (!verified.ok) throw unusable(certificateFile, verified.why)
  const { node, cluster, site, key } = verified.value
  if (node !== config.node || cluster !== config.cluster) throw unusable(certificateFile, `it is of ${cluster}/${node}`)
  const next = nextKeyFile(config)
  const present = await readKeyFile(config.keyFile)
  if (present.publicKey !== key) {
    if (!existsSync(next) || (await readKeyFile(next)).publicKey !== key) {
      throw unusable(certificateFile, `it is for the key ${key}, which is neither the present nor the next one here`)
    }
    replaceFile(`${config.keyFile}.old`, await exportPrivateJwk(present), true)
    renameSync(next, config.keyFile)
  }
  replaceFile(config.certificateFile, jws)
  await ensureX509File(config.certificateFile, jws as never, await readKeyFile(config.keyFile))
  if (json) return printJson({ node, cluster, site, key })
  print(`${node} has its new certificate, for site ${site} and key ${key}.`)
  if (site !== config.site) print(`Set site = "${site}" in ${config.file}.`)
  print(`Next: baton run --config ${file}`)
}

/** With what owners have said since genesis: the node may have been away when its owner's key was replaced, and learns it with this. */
async function trustOf({ genesis, dataFolder, authorityUrl }: NodeConfig): Promise<Trust> {
  try {
    const { statements } = await askNotices(new IdentityClient(authorityUrl, genesis.network), genesis)
    return await keepNotices(genesis, dataFolder, statements)
  } catch (error) {
    // Out of reach: what is on the disk has to do, and is enough unless just that has changed.
    if (error instanceof BatonError && error.code === 'UNREACHABLE') return keepNotices(genesis, dataFolder, [])
    throw error
  }
}

function nextKeyFile({ keyFile }: NodeConfig): string {
  return `${keyFile}.next`
}

function configOf(file: string): NodeConfig {
  const loaded = loadConfig(file)
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
