/** Where a passphrase comes from: a file that BATON_PASSPHRASE_FILE names, or the terminal. Never an argument: others see those. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../config/genesis-file.ts'

/** @throws BatonError PASSPHRASE_WRONG when there is none, or it is empty */
export async function readPassphrase(prompt: string, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const file = environment.BATON_PASSPHRASE_FILE
  const passphrase = file === undefined ? await ask(prompt) : readFile(file)
  if (passphrase === '') throw new BatonError('PASSPHRASE_WRONG', 'the passphrase is empty')
  return passphrase
}

/** For a key that is being made: typed twice on a terminal. @throws BatonError PASSPHRASE_WRONG */
export async function readNewPassphrase(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const passphrase = await readPassphrase('Passphrase of the new key: ', environment)
  if (environment.BATON_PASSPHRASE_FILE === undefined && (await ask('The same again: ')) !== passphrase) {
    throw new BatonError('PASSPHRASE_WRONG', 'the two passphrases are not the same')
  }
  return passphrase
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new BatonError('PASSPHRASE_WRONG', `BATON_PASSPHRASE_FILE ${file} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

async function ask(prompt: string): Promise<string> {
  if (process.stdin.isTTY !== true) {
    throw new BatonError('PASSPHRASE_WRONG', 'the owner key needs a passphrase, and there is no terminal to ask on')
  }
  process.stderr.write(prompt)
  // What is typed is not shown.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
