import { basename, dirname, resolve } from 'node:path'
import { exportPrivateJwk, generateKeyPair } from '@baton/shared/crypto/keys'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

/** @throws BatonError CONFIG_INVALID when the file exists, STORAGE_FAILED */
export async function keyCreate({ out, json }: OutputOptions & { readonly out: string }): Promise<void> {
  const file = resolve(out)
  const pair = await generateKeyPair()
  writeNewFiles(dirname(file), [{ path: basename(file), content: await exportPrivateJwk(pair), secret: true }])
  if (json) printJson({ file, publicKey: pair.publicKey })
  else print(`${file} written (mode 0600)\npublic key: ${pair.publicKey}`)
}
