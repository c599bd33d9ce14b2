/** The votes that a node received from masters of other clusters, as its receiver wrote them down before acting on them. */
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { LoggedVote } from './evidence.ts'

export const VOTE_JOURNAL = 'votes.jsonl'
/** Older votes, once the journal has been rotated. */
const OLDER_JOURNAL = 'votes.1.jsonl'

const loggedVote = z.object({
  cluster: z.string(),
  generation: z.int(),
  epoch: z.int(),
  height: z.int(),
  round: z.int(),
  type: z.enum(['prevote', 'precommit']),
  block: z.string().nullable(),
  signature: z.string(),
})

/**
 * Empty for a node that never was a master. A kill can tear the last line, and the restarted node then appends its first
 * vote to it: that vote is read, the torn one was never acted on.
 * @throws Error on any other line that is no vote
 */
export async function readVotes(dataFolder: string): Promise<LoggedVote[]> {
  const files = [OLDER_JOURNAL, VOTE_JOURNAL].map((name) => join(dataFolder, name)).filter(existsSync)
  return (await Promise.all(files.map(readJournal))).flat()
}

async function readJournal(file: string): Promise<LoggedVote[]> {
  const votes: LoggedVote[] = []
  let torn: string | null = null
  for await (const text of createInterface({ input: createReadStream(file) })) {
    if (torn !== null) throw new Error(`${file} holds a line that is no vote: ${torn}`)
    const vote = parse(text) ?? parse(text.slice(text.lastIndexOf('{')))
    if (vote === null) torn = text
    else votes.push(vote)
  }
  return votes
}

function parse(text: string): LoggedVote | null {
  try {
    return loggedVote.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
