/** Signed claims carried by a peer, when their author cannot reach the authority (links table, row "A–B up, A–E up, B–E down"). */

import { isErrorCode } from '@baton/shared/errors'
import type { ClusterId, Jws, NodeId } from '@baton/shared/ids'
import type { ControlReply } from '@baton/shared/ports/control-link'
import { parseFromAuthority } from '@baton/shared/protocol/control-schemas'
import type { PeerMessage, RelayClaim, RelayReply } from '@baton/shared/protocol/peer'

export interface ClaimRelayPorts {
  /** Of this node: the authority checks it with the claim. */
  readonly certificate: () => Jws
  /** Linked peers of the cluster. */
  readonly peers: () => readonly { readonly node: NodeId; readonly cluster: ClusterId }[]
  readonly send: (to: NodeId, message: PeerMessage) => boolean
  /** ID8: nothing that could become a grant is carried for it. */
  readonly isRevoked: (node: NodeId) => boolean
  /** To the authority, from here. */
  readonly bring: (claim: Jws, certificate: Jws) => Promise<ControlReply>
}

/** A peer waits up to 2 s for the authority itself. */
const ANSWER_MS = 3_000

export class ClaimRelay {
  readonly #ports: ClaimRelayPorts
  readonly #asked = new Map<number, (from: NodeId, reply: ControlReply) => void>()
  #next = 1

  constructor(ports: ClaimRelayPorts) {
    this.#ports = ports
  }

  /** The first answer that some peer got from the authority; null when nobody got one in time. */
  ask(claim: Jws): Promise<ControlReply | null> {
    const { peers, send, certificate } = this.#ports
    const request = this.#next++
    const sent = peers().filter(({ node }) =>
      send(node, { t: 'relayClaim', request, claim, certificate: certificate() }),
    )
    if (sent.length === 0) return Promise.resolve(null)
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(null), ANSWER_MS)
      // Nobody else answers, and nobody twice: whoever is linked could make up what the authority has said.
      const unanswered = new Set(sent.map(({ node }) => node))
      const finish = (reply: ControlReply | null): void => {
        clearTimeout(timer)
        this.#asked.delete(request)
        resolve(reply)
      }
      this.#asked.set(request, (from, reply) => {
        if (!unanswered.delete(from)) return
        if (reply.ok || reply.code !== 'UNREACHABLE') finish(reply)
        else if (unanswered.size === 0) finish(null)
      })
    })
  }

  onPeer(from: NodeId, message: RelayClaim | RelayReply): void {
    if (message.t === 'relayClaim') {
      void this.#bring(from, message)
      return
    }
    const reply = parseFromAuthority(message.reply)
    if (!reply.ok || reply.value.t !== 'reply') return
    const { value } = reply
    const answer = this.#asked.get(message.request)
    if (value.ok) answer?.(from, { ok: true, state: value.state })
    else {
      const { code, why, retryAfterMs, state } = value
      answer?.(from, { ok: false, code: isErrorCode(code) ? code : 'INTERNAL', why, retryAfterMs, state })
    }
  }

  async #bring(from: NodeId, { request, claim, certificate }: RelayClaim): Promise<void> {
    const reply = await (this.#ports.isRevoked(from) ? refused(from) : this.#ports.bring(claim, certificate))
    this.#ports.send(from, { t: 'relayReply', request, reply: JSON.stringify({ t: 'reply', request, ...reply }) })
  }
}

function refused(node: NodeId): ControlReply {
  const why = `the key of ${node} is revoked`
  return { ok: false, code: 'CERTIFICATE_REVOKED', why, retryAfterMs: null, state: null }
}
