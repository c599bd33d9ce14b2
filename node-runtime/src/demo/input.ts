/** The transactions to submit: unsigned actions as JSON lines, from a file, standard input, or the sample that ships with Baton. */

import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Action } from '@baton/shared/core/ledger/types'
import { BatonError } from '@baton/shared/errors'
import { parseAction } from '../client/action.ts'

export const SAMPLE_FILE = join(import.meta.dirname, 'receivables.jsonl')

/** Lines are counted before the start: a fault has to strike while enough of them are unsubmitted. */
export interface Input {
  readonly count: number
  actions(): AsyncIterable<Action>
}

/**
 * Checks every line of `from` (`-`: standard input, kept in `folder` so that it can be read again).
 * @throws BatonError BAD_REQUEST naming the first bad line; CONFIG_UNREADABLE
 */
export async function openInput(from: string, folder: string, stdin: Readable = process.stdin): Promise<Input> {
  const file = from === '-' ? join(folder, 'input.jsonl') : from
  if (from === '-') await copy(stdin, file)
  let count = 0
  for await (const _ of readActions(file)) count += 1
  if (count === 0) throw new BatonError('BAD_REQUEST', `${from} has no transactions`, { remedy: FORMAT })
  return { count, actions: () => readActions(file) }
}

const FORMAT = 'give one action a line: {"put":{"key":"…","value":"…","ifVersion":0}}'

async function* readActions(file: string): AsyncGenerator<Action> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  try {
    for await (const line of lines) {
      number += 1
      if (line.trim() === '') continue
      const action = parseAction(line)
      if (!action.ok) throw new BatonError('BAD_REQUEST', `${file}, line ${number}: ${action.why}`, { remedy: FORMAT })
      yield action.value
    }
  } catch (error) {
    if (error instanceof BatonError) throw error
    throw new BatonError('CONFIG_UNREADABLE', `${file} cannot be read: ${(error as Error).message}`, {
      remedy: 'name an existing file after --input, or - for standard input',
    })
  }
}

/** The same records `rounds` times over; from the second round on under keys of its own, so that each line expects what its round has left. */
export function inRounds(input: Input, rounds: number): Input {
  return {
    count: input.count * rounds,
    async *actions() {
      for (let round = 1; round <= rounds; round += 1) {
        for await (const action of input.actions()) {
          yield action.kind === 'put' && round > 1 ? { ...action, key: `${action.key}/round-${round}` } : action
        }
      }
    },
  }
}

async function copy(from: Readable, file: string): Promise<void> {
  const to = createWriteStream(file)
  from.pipe(to)
  await once(to, 'finish')
}

/** Actions that must be executed in the order of their lines share a key; all others are independent. */
export function orderingKey(action: Action): string {
  if (action.kind === 'put') return `record ${action.key}`
  return action.kind === 'transfer' ? 'transfers' : 'mints'
}
