import { basename, dirname, resolve } from 'node:path'
import { exportPrivateJwk, generateKeyPair } from '@baton/shared/crypto/keys'
import { sealOwnerKey } from '../../identity/owner-key-file.ts'
import { readNewPassphrase } from '../../identity/passphrase.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

/** @throws BatonError CONFIG_INVALID when the file exists, PASSPHRASE_WRONG, STORAGE_FAILED */
export async function keyCreate({
  out,
  passphrase = false,
  json,
}: OutputOptions & { readonly out: string; readonly passphrase?: boolean }): Promise<void> {
  const file = resolve(out)
  const pair = await generateKeyPair()
  const content = passphrase ? await sealOwnerKey(pair, await readNewPassphrase()) : await exportPrivateJwk(pair)
  writeNewFiles(dirname(file), [{ path: basename(file), content, secret: true }])
  if (json) printJson({ file, publicKey: pair.publicKey, encrypted: passphrase })
  else print(`${file} written (mode 0600${passphrase ? ', encrypted' : ''})\npublic key: ${pair.publicKey}`)
}
