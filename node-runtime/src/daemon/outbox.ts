/** Carries out what the node's machine wants done. The driver calls it in the order of core/step.ts. */
import { proposalSignBytes, voteSignBytes } from '@baton/shared/codec/vote'
import { NO_FACTS } from '@baton/shared/core/node/facts'
import type { NodeSend, UnsignedAct, VerifiedGrant } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { NetworkId, NodeId, Token } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { PeerLinks } from '@baton/shared/ports/peer-links'
import type { Signer } from '@baton/shared/ports/signing'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { Metrics } from '../adapters/metrics.ts'
import type { Mempool } from '../engines/embedded/mempool.ts'
import type { Arbiter } from './arbiter/arbiter.ts'
import type { BlockVerifier } from './block-verifier.ts'
import type { Credentials } from './credentials.ts'
import type { Driver } from './driver.ts'
import type { PeerInbox } from './peer-inbox.ts'
import type { PeerWire } from './peer-wire.ts'
import type { ResultReporter } from './result-reporter.ts'
import type { Submissions } from './submissions.ts'

export interface OutboxPorts {
  readonly state: () => NodeState
  readonly network: NetworkId
  readonly privateKey: Parameters<typeof signStatement>[2]
  readonly links: PeerLinks
  readonly wire: PeerWire
  readonly arbiter: Arbiter
  readonly signer: Signer
  readonly blocks: BlockVerifier
  readonly credentials: Credentials
  readonly mempool: Mempool
  readonly submissions: Submissions
  readonly inbox: PeerInbox
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'add'>
  readonly results: ResultReporter
}

export class Outbox {
  readonly #ports: OutboxPorts

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  broadcast(to: readonly NodeId[], message: PeerMessage): void {
    for (const node of to) this.#ports.wire.send(node, message)
  }

  perform(send: NodeSend, driver: Driver): void {
    const { arbiter, mempool, submissions, inbox, results, clock, links, state, network } = this.#ports
    switch (send.s) {
      case 'self':
        driver.enqueue(send.input)
        return
      case 'peer':
        this.#ports.wire.send(send.to, send.message)
        return
      case 'probe':
        void links.probe(send.peer).then((result) => driver.enqueue({ i: 'probed', peer: send.peer, result }))
        return
      case 'report':
        arbiter.report(send.message)
        return
      case 'confirm':
        void arbiter.confirm(send.message.token)
        return
      case 'claim':
        void arbiter.claim(send.request, send.claim)
        return
      case 'reshape': {
        const { cluster, node } = state().config.election
        const { token, syncSet, version } = send
        void arbiter.reshape({ network, cluster, ...token, version, node, syncSet })
        return
      }
      case 'recovered':
        void arbiter.recovered(send.token, send.by)
        return
      case 'verified':
        void arbiter.verified(send.token, send.height)
        return
      case 'signResignation':
        void this.#signResignation(send, driver)
        return
      case 'sign':
        this.#sign(send.token, send.act, driver)
        return
      case 'getTransactions': {
        const { height, round } = send
        driver.enqueue({
          i: 'transactions',
          height,
          round,
          transactions: mempool.transactions(),
          time: clock.wallNow(),
        })
        return
      }
      case 'verifyCertificate':
        void this.#verifyCertificate(send, driver)
        return
      case 'verifyCredentials':
        void this.#verifyCredentials(send, driver)
        return
      case 'heightStarted':
        if (mempool.size > 0) driver.enqueue({ i: 'work' })
        return
      case 'executed': {
        const { height } = send.block.header
        this.#count(send.receipts)
        mempool.remove(send.receipts.map(({ id }) => id))
        submissions.executed(height, send.receipts)
        inbox.heightExecuted()
        return
      }
      case 'result':
        results.take(send.entry, send.missed)
        return
      case 'heldHeight':
        submissions.held(send.height)
        return
      case 'mastership':
        if (!send.master) mempool.clear()
        submissions.mastershipChanged()
        return
    }
  }

  #count(receipts: Extract<NodeSend, { s: 'executed' }>['receipts']): void {
    const failed = receipts.filter(({ ok }) => !ok).length
    const { metrics } = this.#ports
    metrics.add('baton_transactions_total', receipts.length - failed, { result: 'ok' })
    metrics.add('baton_transactions_total', failed, { result: 'failed' })
  }

  /** GU2: its record is held; the signature is made in the turn in which it is released. */
  #sign(token: Token, act: UnsignedAct, driver: Driver): void {
    const { signer, network } = this.#ports
    if (act.act === 'vote') {
      const signature = signer.sign(voteSignBytes(network, act.vote))
      driver.enqueue({ i: 'signed', token, signed: { act: 'vote', vote: { ...act.vote, signature } } })
      return
    }
    const signature = signer.sign(proposalSignBytes(network, act.proposal))
    driver.enqueue({ i: 'signed', token, signed: { act: 'proposal', proposal: { ...act.proposal, signature } } })
  }

  async #signResignation({ resignation }: Extract<NodeSend, { s: 'signResignation' }>, driver: Driver): Promise<void> {
    const signed = await signStatement('resignation', resignation, this.#ports.privateKey)
    const { generation, epoch } = resignation
    driver.enqueue({ i: 'resignationSigned', token: { generation, epoch }, resignation: signed })
  }

  async #verifyCertificate(
    { block, certificate }: Extract<NodeSend, { s: 'verifyCertificate' }>,
    driver: Driver,
  ): Promise<void> {
    const { blocks, state } = this.#ports
    const { height } = block.header
    const facts = await blocks.decided(block, certificate, state().chain.tokens)
    driver.enqueue(
      facts.ok
        ? { i: 'certified', height, block: block.hash, ok: true, why: '', facts: facts.value }
        : { i: 'certified', height, block: block.hash, ok: false, why: facts.why, facts: NO_FACTS },
    )
  }

  async #verifyCredentials(
    { credentials }: Extract<NodeSend, { s: 'verifyCredentials' }>,
    driver: Driver,
  ): Promise<void> {
    const grants: VerifiedGrant[] = []
    const wrong: Credential[] = []
    for (const credential of credentials) {
      const verified = await this.#ports.credentials.verify(credential)
      if (verified.ok) grants.push(verified.value)
      else wrong.push(credential)
    }
    // What is wrong is told after what is right: a height that waited for both begins with all that is known.
    if (grants.length > 0) driver.enqueue({ i: 'granted', from: null, grants })
    if (wrong.length > 0) driver.enqueue({ i: 'unverifiable', credentials: wrong })
  }
}
