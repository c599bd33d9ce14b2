/**
 * What arrives on peer links: decoded, verified, and handed to the node in the order of each link. Verifying may take a turn
 * of the event loop or more; messages behind such a one wait for it, heartbeats and pre-votes do not.
 */
import { decodeBlock } from '@baton/shared/codec/block'
import { decodeCertificate } from '@baton/shared/codec/certificate'
import type { CertifiedBlock, NodeInput } from '@baton/shared/core/node/io'
import { mastershipOfVote } from '@baton/shared/core/node/screen'
import type { NodeState } from '@baton/shared/core/node/state'
import type { HashFunction } from '@baton/shared/core/step'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { ErrorCode } from '@baton/shared/errors'
import { compareTokens, type Jws, type NodeId } from '@baton/shared/ids'
import type { Blocks, Handover, PeerMessage, ProposalMessage } from '@baton/shared/protocol/peer'
import { decodePeer } from '@baton/shared/protocol/peer-codec'
import type { BlockVerifier } from './block-verifier.ts'
import type { Credentials } from './credentials.ts'
import { verifySyncSet } from './verify-recorded.ts'

export interface PeerInboxPorts {
  readonly state: () => NodeState
  readonly enqueue: (input: NodeInput) => void
  readonly hash: HashFunction
  readonly verifier: BlockVerifier
  readonly credentials: Credentials
  readonly genesis: Trust
  /** Transactions on their way to the mempool, and clients' transactions forwarded by another node. */
  readonly onTransactions: (from: NodeId, transactions: readonly Uint8Array[]) => void
  readonly onSubmit: (from: NodeId, message: Extract<PeerMessage, { t: 'submit' | 'submitResult' }>) => void
  readonly onRelay: (from: NodeId, message: Extract<PeerMessage, { t: 'relayClaim' | 'relayReply' }>) => void
  readonly onHello: (from: NodeId, message: Extract<PeerMessage, { t: 'hello' }>) => void
  /** MJ1: what a member of the majority says. */
  readonly onArbiter: (from: NodeId, message: string) => Promise<void> | undefined
  readonly onRoster: (from: NodeId, message: Extract<PeerMessage, { t: 'roster' }>) => Promise<void>
  readonly onVote: (from: NodeId, message: Extract<PeerMessage, { t: 'vote' }>['vote']) => void
  readonly refused: (from: NodeId, code: ErrorCode, why: string) => void
}

/** Proposals of the next height that wait until the block before is executed. */
const WAITING_PROPOSALS = 16

export class PeerInbox {
  readonly #ports: PeerInboxPorts
  /** The last verification under way on each link; messages behind it wait. */
  readonly #tails = new Map<NodeId, Promise<void>>()
  #waiting: { readonly from: NodeId; readonly message: ProposalMessage }[] = []

  constructor(ports: PeerInboxPorts) {
    this.#ports = ports
  }

  /** @param protocol version of the link that it came on */
  receive(from: NodeId, frame: Uint8Array, protocol: number): void {
    const decoded = decodePeer(frame, protocol)
    if (!decoded.ok) {
      this.#ports.refused(from, decoded.code, decoded.why)
      return
    }
    const { message } = decoded
    if (message.t === 'heartbeat' || message.t === 'preVote' || message.t === 'preVoteAnswer') {
      this.#ports.enqueue({ i: 'peer', from, message })
      return
    }
    this.#inOrder(from, () => this.#handle(from, message))
  }

  /** A block was executed: what waited for it goes on. */
  heightExecuted(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { from, message } of waiting) this.#inOrder(from, () => this.#proposal(from, message))
  }

  /** Does `work` when everything before it on this link is done: at once when nothing is under way. */
  #inOrder(from: NodeId, work: () => Promise<void> | undefined): void {
    const before = this.#tails.get(from)
    const under = before === undefined ? work() : before.then(work)
    if (under === undefined) return
    const tail: Promise<void> = under
      .catch((error: unknown) => this.#ports.refused(from, 'INTERNAL', String(error)))
      .then(() => {
        if (this.#tails.get(from) === tail) this.#tails.delete(from)
      })
    this.#tails.set(from, tail)
  }

  #handle(from: NodeId, message: PeerMessage): Promise<void> | undefined {
    const { enqueue } = this.#ports
    switch (message.t) {
      case 'vote':
        this.#vote(from, message.vote)
        return undefined
      case 'proposal':
        return this.#proposal(from, message)
      case 'hello':
        this.#ports.onHello(from, message)
        return this.#inform(from, message.credentials)
      case 'inform':
        return this.#inform(from, message.credentials)
      case 'blocks':
        return this.#blocks(from, message)
      case 'handover':
        return this.#handover(from, message)
      case 'syncSet':
        return this.#syncSet(from, message.statement)
      case 'transactions':
        this.#ports.onTransactions(from, message.transactions)
        return undefined
      case 'roster':
        return this.#ports.onRoster(from, message)
      case 'relayClaim':
      case 'relayReply':
        this.#ports.onRelay(from, message)
        return undefined
      case 'submit':
      case 'submitResult':
        this.#ports.onSubmit(from, message)
        return undefined
      case 'arbiter':
        return this.#ports.onArbiter(from, message.message)
      default:
        enqueue({ i: 'peer', from, message })
        return undefined
    }
  }

  /**
   * A vote whose token does not count is passed on as unverified, for the answer it gets. It may count by the time it is stepped, when the
   * grant that names its token waits in the queue before it: nobody has looked at its signature then.
   */
  #vote(from: NodeId, vote: Extract<PeerMessage, { t: 'vote' }>['vote']): void {
    const { state, enqueue, verifier, refused, onVote } = this.#ports
    const signer = mastershipOfVote(state(), vote)
    if (signer === null) {
      enqueue({ i: 'vote', from, vote, verified: false })
      return
    }
    if (!verifier.vote(vote, signer.key)) {
      refused(from, 'PEER_SIGNATURE', `a vote of ${vote.cluster} at height ${vote.height}`)
      return
    }
    onVote(from, vote)
    enqueue({ i: 'vote', from, vote })
  }

  async #proposal(from: NodeId, message: ProposalMessage): Promise<void> {
    const { state, enqueue, refused, verifier, hash } = this.#ports
    const { proposal, body } = message
    const { chain, masterships } = state()
    const known = masterships.get(proposal.cluster)
    if (proposal.height <= chain.tip.height || known === undefined || compareTokens(known, proposal) !== 0) return
    if (proposal.height > chain.tip.height + 1) {
      if (this.#waiting.length < WAITING_PROPOSALS) this.#waiting.push({ from, message })
      return
    }
    if (!verifier.proposal(proposal, known.key)) {
      refused(from, 'PEER_SIGNATURE', `a proposal of ${proposal.cluster} at height ${proposal.height}`)
      return
    }
    const block = decodeBlock(hash, body)
    if (!block.ok) {
      refused(from, block.code, block.why)
      return
    }
    if (block.value.hash !== proposal.block) {
      refused(from, 'PEER_MALFORMED', 'the body is not the block that the proposal names')
      return
    }
    const facts = await verifier.proposed(block.value, chain)
    if (!facts.ok) {
      refused(from, facts.code, facts.why)
      return
    }
    enqueue({ i: 'proposal', from, proposal, block: block.value, facts: facts.value })
  }

  async #inform(from: NodeId, credentials: readonly Parameters<Credentials['verify']>[0][]): Promise<void> {
    const verified = await this.#ports.credentials.verifyAll(credentials)
    if (!verified.ok) this.#ports.refused(from, verified.code, verified.why)
    else if (verified.value.length > 0) this.#ports.enqueue({ i: 'granted', from, grants: verified.value })
  }

  async #handover(from: NodeId, message: Handover): Promise<void> {
    const { state, enqueue, refused } = this.#ports
    const { election } = state().config
    const master = state().masterships.get(election.cluster)
    if (master === undefined || master.node !== from) {
      refused(from, 'PEER_UNEXPECTED', 'a handover by a node that is not the master')
      return
    }
    const resignation = await verifyStatement('resignation', message.resignation, [master.key])
    if (!resignation.ok || resignation.payload.cluster !== election.cluster || resignation.payload.node !== from) {
      refused(from, 'PEER_SIGNATURE', 'the resignation does not verify')
      return
    }
    const { generation, epoch, to } = resignation.payload
    enqueue({ i: 'handover', from, token: { generation, epoch }, to, resignation: message.resignation })
  }

  /** RG4: the authority's word, as a node of the own cluster passes it on. What is known is not looked at again. */
  async #syncSet(from: NodeId, statement: Jws): Promise<void> {
    const { state, enqueue, refused, genesis } = this.#ports
    const { config, links, masterships, syncSetWord } = state()
    const { cluster } = config.election
    const master = masterships.get(cluster)
    if (master === undefined || statement === syncSetWord?.statement) return
    if (links.get(from) !== cluster) {
      refused(from, 'PEER_UNEXPECTED', 'a sync set, from a node of another cluster')
      return
    }
    const verified = await verifySyncSet(genesis, master, statement)
    if (verified.ok) enqueue({ i: 'syncSet', from, syncSet: verified.value })
    else refused(from, 'PEER_SIGNATURE', `a sync set that the authentication node has not recorded: ${verified.why}`)
  }

  /** GU5: each block's certificate is checked under the token table that the blocks before it lead to. */
  async #blocks(from: NodeId, message: Blocks): Promise<void> {
    const { state, enqueue, refused, hash, verifier } = this.#ports
    const certified: CertifiedBlock[] = []
    const { tip, tokens } = state().chain
    let table = tokens
    let height: number = tip.height
    for (const stored of message.blocks) {
      const block = decodeBlock(hash, stored.block)
      const certificate = decodeCertificate(stored.certificate)
      if (!block.ok || !certificate.ok) {
        refused(from, 'PEER_MALFORMED', 'a block or certificate that cannot be read')
        break
      }
      if (block.value.header.height <= tip.height) continue
      if (block.value.header.height !== height + 1) break
      const facts = await verifier.decided(block.value, certificate.value, table)
      if (!facts.ok) {
        refused(from, facts.code, `block ${height + 1}: ${facts.why}`)
        break
      }
      table = facts.value.after
      height += 1
      certified.push({ block: block.value, certificate: certificate.value, facts: facts.value })
    }
    enqueue({ i: 'blocks', from, request: message.request, height: message.height as never, blocks: certified })
  }
}
