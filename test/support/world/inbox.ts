/** What arrives on peer links, verified and handed to the node. */

import type { Vote } from '@baton/shared/core/consensus/messages'
import { mastershipOfVote } from '@baton/shared/core/node/screen'
import { compareTokens, type Height, type NodeId, sameToken } from '@baton/shared/ids'
import type { PeerMessage, ProposalMessage } from '@baton/shared/protocol/peer'
import { readBlock } from './decoded.ts'
import type { Host } from './host.ts'
import type { Signer } from './signatures.ts'
import { openCredential, openResignation, openSyncSet } from './statements.ts'
import { certifiedBlocks, factsOfProposed } from './verification.ts'

/** Proposals of the next height wait until the block before is executed. */
export class Inbox {
  readonly #waiting = new Map<Host, { readonly from: NodeId; readonly message: ProposalMessage }[]>()

  readonly #signer: Signer

  constructor(signer: Signer) {
    this.#signer = signer
  }

  receive(host: Host, from: NodeId, message: PeerMessage): void {
    switch (message.t) {
      case 'vote':
        this.#vote(host, from, message.vote)
        return
      case 'proposal':
        this.#proposal(host, from, message)
        return
      case 'hello':
      case 'inform': {
        const grants = message.credentials.map(openCredential).filter((grant) => grant !== null)
        if (grants.length > 0) host.feed({ i: 'granted', from, grants })
        return
      }
      case 'handover': {
        const resignation = openResignation(message.resignation)
        if (resignation === null || resignation.node !== from) return
        const { to } = resignation
        host.feed({ i: 'handover', from, token: resignation, to, resignation: message.resignation })
        return
      }
      case 'syncSet': {
        const syncSet = openSyncSet(message.statement)
        const master = host.state.masterships.get(host.cluster)
        const known = master !== undefined && syncSet !== undefined && sameToken(syncSet.recorded, master)
        if (known && syncSet.recorded.cluster === host.cluster) host.feed({ i: 'syncSet', from, syncSet })
        return
      }
      case 'blocks': {
        const blocks = certifiedBlocks(message, host.state, this.#signer)
        host.feed({ i: 'blocks', from, request: message.request, height: message.height as Height, blocks })
        return
      }
      case 'transactions':
      case 'submit':
      case 'submitResult':
      case 'relayClaim':
      case 'relayReply':
      case 'roster':
      case 'arbiter':
        return
      default:
        host.feed({ i: 'peer', from, message })
    }
  }

  heightExecuted(host: Host): void {
    const waiting = this.#waiting.get(host)
    this.#waiting.delete(host)
    for (const { from, message } of waiting ?? []) this.#proposal(host, from, message)
  }

  /** One whose token does not count is passed on as unverified: the core refuses it, also when the token counts by then. */
  #vote(host: Host, from: NodeId, vote: Vote): void {
    const signer = mastershipOfVote(host.state, vote)
    if (signer === null) host.feed({ i: 'vote', from, vote, verified: false })
    else if (this.#signer.isVote(signer.key, vote)) host.feed({ i: 'vote', from, vote })
  }

  #proposal(host: Host, from: NodeId, message: ProposalMessage): void {
    const { proposal, body } = message
    const { chain, masterships } = host.state
    const known = masterships.get(proposal.cluster)
    if (proposal.height <= chain.tip.height || known === undefined || compareTokens(known, proposal) !== 0) return
    if (proposal.height > chain.tip.height + 1) {
      const waiting = this.#waiting.get(host) ?? []
      if (waiting.length < 16) this.#waiting.set(host, [...waiting, { from, message }])
      return
    }
    if (!this.#signer.isProposal(known.key, proposal)) return
    const decoded = readBlock(body)
    if (!decoded.ok) return
    const block = decoded.value
    if (block.hash !== proposal.block) return
    host.feed({ i: 'proposal', from, proposal, block, facts: factsOfProposed(block, host.state, this.#signer) })
  }
}
