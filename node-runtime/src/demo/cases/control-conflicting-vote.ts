import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { voteSignBytes } from '@baton/shared/codec/vote'
import type { Vote } from '@baton/shared/core/consensus/messages'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import { importPrivateJwk } from '@baton/shared/crypto/keys'
import type { Hash } from '@baton/shared/ids'
import { readVotes, VOTE_JOURNAL } from '../checker/read-votes.ts'
import type { DemoCase } from './case.ts'

export const controlConflictingVote: DemoCase = {
  name: 'control-conflicting-vote',
  summary: 'logs a second, really signed vote of one master: the checker must find the conflict',
  kind: 'control',
  when: 'end',
  async run({ network, tell }) {
    const { node } = await network.master('c1')
    const receiver = (await network.master('c2')).node.files
    const vote = (await readVotes(receiver.dataFolder)).findLast(({ cluster }) => cluster === 'c1')!
    const pair = await importPrivateJwk(readFileSync(node.files.keyFile, 'utf8'))
    if (!pair.ok) throw new Error(pair.why)
    const other = { ...vote, block: 'f'.repeat(64) as Hash } as unknown as Vote
    const bytes = voteSignBytes(network.files.genesis.network, other)
    const signature = Buffer.from(await signEd25519(pair.value.privateKey, bytes)).toString('base64url')
    appendFileSync(join(receiver.dataFolder, VOTE_JOURNAL), `${JSON.stringify({ ...other, signature })}\n`)
    tell(`a second vote of ${node.files.node} at height ${vote.height} stands in the journal of ${receiver.node}`)
    return null
  },
}
