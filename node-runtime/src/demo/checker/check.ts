/**
 * The independent checker: reads what clients were told, what lies on each node's disk, what each node serves and what
 * receivers logged, and judges. It shares codecs with the nodes, and nothing else.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Genesis } from '@baton/shared/genesis'
import type { NodeFiles } from '../../network/init.ts'
import type { ChainCopy, Judgement, LoggedVote, Promised } from './evidence.ts'
import { voteVerifier } from './holders.ts'
import { judge } from './judge.ts'
import { type DatabaseCopy, readDatabase } from './read-database.ts'
import { readHttp } from './read-http.ts'
import { readVotes } from './read-votes.ts'

export interface Subject {
  readonly genesis: Genesis
  readonly nodes: readonly NodeFiles[]
  /** One JSON line per acknowledgement, written as they came. */
  readonly acknowledgedFile: string
  /** The height that all nodes had reached before; 0 when they never agreed. */
  readonly height: number
}

/** Never throws: whatever cannot be read makes the verdict `unknown` and is named in the findings. */
export async function check(subject: Subject): Promise<Judgement> {
  const missing: string[] = []
  const tell = (what: string) => (error: unknown) => {
    missing.push(`${what}: ${explain(error)}`)
    return undefined
  }
  const acknowledged = await readAcknowledged(subject.acknowledgedFile).catch(tell('acknowledgements'))
  const served: ChainCopy[] = []
  const stored: DatabaseCopy[] = []
  const votes: LoggedVote[] = []
  for (const { node, apiAddress, dataFolder } of subject.nodes) {
    const http = await readHttp(node, apiAddress).catch(tell(`${node} does not serve its chain`))
    if (http !== undefined) served.push(http)
    const database = await Promise.resolve()
      .then(() => readDatabase(node, dataFolder, http !== undefined))
      .catch(tell(`the database of ${node} cannot be read`))
    if (database !== undefined) stored.push(database)
    votes.push(...((await readVotes(dataFolder).catch(tell(`the vote journal of ${node} cannot be read`))) ?? []))
  }
  if (votes.length === 0) missing.push('no node logged any vote')
  const credentials = stored.flatMap((copy) => copy.credentials)
  return judge({
    height: subject.height,
    acknowledged: acknowledged ?? [],
    copies: [...served, ...stored],
    votes,
    isGenuine: voteVerifier(subject.genesis, credentials),
    missing,
  })
}

async function readAcknowledged(file: string): Promise<Promised[]> {
  const promised: Promised[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) promised.push(JSON.parse(line))
  return promised
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.message}${cause}`
}
