/** Before something dangerous: a person types the word, or the command says --yes. */
import { createInterface } from 'node:readline/promises'
import { BatonError } from '@baton/shared/errors'

/** @param remedy where nobody can be asked @throws BatonError BAD_REQUEST when the answer is another one, or nobody can be asked */
export async function confirm(
  word: string,
  yes: boolean | undefined,
  remedy = 'look with --dry-run, then say --yes',
): Promise<void> {
  if (yes === true) return
  if (!process.stdin.isTTY) {
    throw new BatonError('BAD_REQUEST', 'this needs a confirmation, and there is no terminal to ask on', { remedy })
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`Type ${word} to go on: `)
    if (answer.trim() !== word) throw new BatonError('BAD_REQUEST', 'not confirmed: nothing was changed')
  } finally {
    terminal.close()
  }
}
