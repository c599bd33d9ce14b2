/** Carries out what a node's machine wants done, in the order in which the host lets it leave. */
import { NO_FACTS } from '@baton/shared/core/node/facts'
import type { NodeSend } from '@baton/shared/core/node/io'
import type { NodeId } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { WorldDirectory } from './directory.ts'
import type { Edge } from './edge.ts'
import type { Host } from './host.ts'
import type { Inbox } from './inbox.ts'
import type { Links } from './links.ts'
import type { Schedule } from './schedule.ts'
import type { Signer } from './signatures.ts'
import { keyOf, openCredential, signResignation } from './statements.ts'
import { factsOfDecided } from './verification.ts'
import type { Watch } from './watch.ts'

export interface OutboxPorts {
  readonly schedule: Schedule
  readonly links: Links
  readonly edge: Edge
  readonly directory: () => WorldDirectory
  readonly inbox: Inbox
  readonly watch: Watch
  readonly signer: Signer
  readonly tamper: (host: Host, to: NodeId, message: PeerMessage) => PeerMessage | null
  readonly host: (node: string) => Host
}

const PROBE_MS = { silent: 50, answered: 1 } as const

export class Outbox {
  readonly #ports: OutboxPorts

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  perform(host: Host, send: NodeSend): void {
    const { edge, inbox, watch } = this.#ports
    switch (send.s) {
      case 'self':
        host.feed(send.input)
        return
      case 'peer':
        watch.answers(host, send.message)
        this.#say(host, send.to, send.message)
        return
      case 'probe':
        this.#probe(host, send.peer)
        return
      case 'sign':
        this.#sign(host, send)
        return
      case 'getTransactions': {
        const { height, round } = send
        const transactions = [...host.mempool.values()]
        // A client may have sent one again that is long executed: it is offered once, and is the core's to leave out.
        for (const { id } of transactions) if (host.store.transaction(id) !== null) host.mempool.delete(id)
        host.feed({ i: 'transactions', height, round, transactions, time: host.clock.wall() })
        return
      }
      case 'heightStarted':
        if (host.mempool.size > 0) host.feed({ i: 'work' })
        return
      case 'executed':
        for (const { id } of send.receipts) host.mempool.delete(id)
        watch.executed(host, send)
        inbox.heightExecuted(host)
        return
      case 'result':
        this.#ports.directory().gather(host, send)
        return
      case 'heldHeight':
        watch.acknowledged(host, send.height)
        return
      case 'verifyCertificate': {
        const { block, certificate } = send
        const checked = factsOfDecided(block, certificate, host.state.chain.tokens, this.#ports.signer)
        host.feed({
          i: 'certified',
          height: block.header.height,
          block: block.hash,
          ok: checked !== null,
          why: 'the certificate does not verify',
          facts: checked?.facts ?? NO_FACTS,
        })
        return
      }
      case 'verifyCredentials': {
        const grants = send.credentials.map(openCredential).filter((grant) => grant !== null)
        host.feed({ i: 'granted', from: null, grants })
        return
      }
      case 'signResignation': {
        const { resignation } = send
        watch.resigned(host, resignation)
        host.feed({ i: 'resignationSigned', token: resignation, resignation: signResignation(resignation) })
        return
      }
      case 'report':
        edge.report(host, send.message)
        return
      case 'confirm':
        edge.confirm(host, send.message.token)
        return
      case 'claim':
        edge.claim(host, send.request, send.claim)
        return
      case 'recovered':
        edge.recovered(host, send.token, send.by)
        return
      case 'verified':
        edge.verified(host, send.token, send.height)
        return
      case 'reshape':
        edge.reshape(host, { ...send.token, version: send.version, syncSet: send.syncSet })
        return
      case 'mastership':
        if (!send.master) host.mempool.clear()
        return
    }
  }

  #say(host: Host, to: NodeId, message: PeerMessage): void {
    const said = host.traitor ? this.#ports.tamper(host, to, message) : message
    if (said !== null) this.#ports.links.send(host, to, said)
  }

  #probe(host: Host, to: Host['node']): void {
    const { schedule, links } = this.#ports
    const { life } = host
    const silent = links.isSilent(host.node, to)
    schedule.after(silent ? PROBE_MS.silent : PROBE_MS.answered, () => {
      const result = silent ? 'timeout' : this.#ports.host(to).alive ? 'open' : 'refused'
      if (host.life === life) host.feed({ i: 'probed', peer: to, result })
    })
  }

  #sign(host: Host, { token, act }: Extract<NodeSend, { s: 'sign' }>): void {
    const { watch, signer } = this.#ports
    watch.signed(host, token, act)
    const key = keyOf(host.node)
    if (act.act === 'vote') {
      const vote = { ...act.vote, signature: signer.vote(key, act.vote) }
      host.feed({ i: 'signed', token, signed: { act: 'vote', vote } })
    } else {
      const proposal = { ...act.proposal, signature: signer.proposal(key, act.proposal) }
      host.feed({ i: 'signed', token, signed: { act: 'proposal', proposal } })
    }
  }
}
