/** Between the control link and the node: verifies what the authority says, signs what the node asks of it. */

import type { NodeInput, RecoveredBy } from '@baton/shared/core/node/io'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { Claim, Credential, Reshape } from '@baton/shared/crypto/statement-types'
import { signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { Height, Jws, Token } from '@baton/shared/ids'
import type { ControlLink, ControlLinkHandler, ControlReply } from '@baton/shared/ports/control-link'
import type { Log } from '@baton/shared/ports/log'
import {
  type FromAuthority,
  NOTICES_SINCE,
  noticeFrames,
  type RegistryView,
  SHOWN_SINCE,
  type SilenceElsewhere,
} from '@baton/shared/protocol/control'
import type { Arbiter } from './arbiter/arbiter.ts'
import { RegistryViews } from './arbiter/registry-views.ts'
import type { Credentials } from './credentials.ts'

type PrivateKey = Parameters<typeof signStatement>[2]

export interface AuthorityBridgePorts {
  readonly genesis: Trust
  readonly privateKey: PrivateKey
  readonly credentials: Credentials
  readonly enqueue: (input: NodeInput) => void
  /** RG8: what this node holds of its cluster's history. */
  readonly shown: () => { readonly credential: Credential | null; readonly reshape: Jws | null }
  /** A session is open, and speaks this version. */
  readonly linked: (protocol: number) => void
  /** Through a peer; null when none answered. */
  readonly relay: (claim: Jws) => Promise<ControlReply | null>
  readonly log: Log
  /** ID8: what the authority may have lost. */
  readonly notices: () => readonly Jws[]
  readonly onNotices: (notices: readonly Jws[]) => Promise<void>
  /** The members of the cluster, at every change. */
  readonly onMembers: (members: RegistryView['members']) => Promise<void>
  /** MJ1: the members of the cluster keep its registry, and what the edge says of that is not listened to; null: the authority keeps it. */
  readonly members: EdgeOfMembers | null
}

/** What members that are the arbiter of their cluster are told of the edge, which mirrors and submits, and of their owner. */
export interface EdgeOfMembers {
  onUp(protocol: number): void
  onAsk(ask: Extract<FromAuthority, { readonly t: 'ask' }>): void
  onForeignSilence(silence: SilenceElsewhere): void
  /** Other keys of members may count from now on. */
  keysChanged(): void
}

export class AuthorityBridge implements ControlLinkHandler, Arbiter {
  readonly #ports: AuthorityBridgePorts
  #link: ControlLink | null = null
  /** Of the last session. */
  #protocol = 0
  /** The last table, when it did not verify: the notices that tell of the authority's new key come after it (ID1). */
  #unverified: Jws | null = null
  /** What the authority says is handed on in the order in which it was said. */
  #order: Promise<void> = Promise.resolve()
  readonly #views: RegistryViews

  constructor(ports: AuthorityBridgePorts) {
    this.#ports = ports
    this.#views = new RegistryViews({ ...ports, shownBy: 'the authentication node' })
  }

  attach(link: ControlLink): void {
    this.#link = link
  }

  onUp: ControlLinkHandler['onUp'] = (welcome) => {
    this.#ports.linked(welcome.protocol)
    this.#protocol = welcome.protocol
    // Revocations first: a restore that what is shown completes must not grant to whom its owner has revoked (RG8).
    this.tellNotices(this.#ports.notices())
    const { members } = this.#ports
    if (members !== null) {
      members.onUp(welcome.protocol)
      this.#next(() => this.#learnTable(welcome.masters))
      return
    }
    if (welcome.protocol >= SHOWN_SINCE) this.#link?.send({ t: 'shown', ...this.#ports.shown() })
    this.#next(async () => {
      this.#ports.enqueue({ i: 'authority', up: true, challenge: welcome.challenge })
      await this.#learnTable(welcome.masters)
      if (welcome.state !== null) await this.#views.learn(welcome.state)
    })
  }

  /** To the authority, when there is a session that takes them. */
  tellNotices(notices: readonly Jws[]): void {
    if (this.#protocol < NOTICES_SINCE) return
    for (const frame of noticeFrames(notices)) this.#link?.send(frame)
  }

  /** What statements are checked against has changed. */
  learnAgain(): void {
    this.#ports.members?.keysChanged()
    this.#next(async () => {
      const table = this.#unverified
      this.#unverified = null
      if (table !== null) await this.#learnTable(table)
      await this.#views.learnAgain()
    })
  }

  onDown = (why: string): void => {
    const { members, log } = this.#ports
    const meanwhile =
      members === null
        ? 'the configuration is frozen, the chain goes on'
        : 'the members of this cluster go on without it'
    log.warn({ event: 'authority-down', why }, `the authentication node is out of reach: ${meanwhile}`)
    if (members === null) this.#next(async () => this.#ports.enqueue({ i: 'authority', up: false }))
  }

  onState = (state: RegistryView): void => {
    if (this.#ports.members === null) this.#next(() => this.#views.learn(state))
  }

  onMasters = (table: Jws): void => this.#next(() => this.#learnTable(table))

  onNotices = (notices: readonly Jws[]): void => this.#next(() => this.#ports.onNotices(notices))

  onSessionClosed: ControlLinkHandler['onSessionClosed'] = (node) => {
    if (this.#ports.members !== null) return
    this.#next(async () => this.#ports.enqueue({ i: 'sessionClosed', node }))
  }

  onHeard: ControlLinkHandler['onHeard'] = ({ report, version }) => {
    if (this.#ports.members === null) this.#ports.enqueue({ i: 'heardByAuthority', report, version })
  }

  onAsk: ControlLinkHandler['onAsk'] = (ask) => this.#ports.members?.onAsk(ask)

  onForeignSilence: ControlLinkHandler['onForeignSilence'] = (silence) => this.#ports.members?.onForeignSilence(silence)

  onRefused = (code: string, why: string): void => {
    this.#ports.log.error(
      { event: 'authority-refuses', code, why },
      `the authentication node refuses this node: ${why}`,
    )
  }

  report: Arbiter['report'] = (report) => void this.#link?.send(report)

  async claim(request: number, claim: Claim): Promise<void> {
    const statement = await signStatement('claim', claim, this.#ports.privateKey)
    let reply = await this.#ask({ t: 'claim', claim: statement })
    // Neither the session nor HTTP leads there from here: a peer of the cluster may reach it (links table).
    if (!reply.ok && reply.code === 'UNREACHABLE') reply = (await this.#ports.relay(statement)) ?? reply
    this.#next(async () => {
      if (reply.state !== null) await this.#views.learnGrant(reply.state)
      const reshape = reply.state === null ? null : await this.#views.recordedIn(reply.state)
      this.#ports.enqueue({ i: 'claimReply', request, outcome: reply, ...(reshape === null ? {} : { reshape }) })
    })
  }

  async reshape(reshape: Reshape): Promise<void> {
    const statement = await signStatement('reshape', reshape, this.#ports.privateKey)
    const reply = await this.#ask({ t: 'reshape', reshape: statement })
    if (!reply.ok) this.#warn('reshape-refused', reply.code, `the sync set was not changed: ${reply.why}`)
    const { state } = reply
    if (state !== null) this.#next(() => this.#views.learn(state))
  }

  async confirm({ generation, epoch }: Token): Promise<void> {
    const { state } = await this.#ask({ t: 'confirm', token: { generation, epoch } })
    if (state !== null) this.#next(() => this.#views.learn(state))
  }

  async recovered({ generation, epoch }: Token, by: RecoveredBy): Promise<void> {
    const reply = await this.#ask({ t: 'recovered', token: { generation, epoch }, by })
    if (!reply.ok) this.#warn('recovery-end-refused', reply.code, `the end of recovery was not recorded: ${reply.why}`)
    const { state } = reply
    if (state !== null) this.#next(() => this.#views.learn(state))
  }

  async verified({ generation, epoch }: Token, height: Height): Promise<void> {
    const reply = await this.#ask({ t: 'verified', token: { generation, epoch }, height })
    if (!reply.ok) this.#warn('verified-refused', reply.code, `the bar on this node stays: ${reply.why}`)
    const { state } = reply
    if (state !== null) this.#next(() => this.#views.learn(state))
  }

  #warn(event: string, code: string, sentence: string): void {
    this.#ports.log.warn({ event, code }, sentence)
  }

  #ask(request: Parameters<ControlLink['request']>[0]): Promise<ControlReply> {
    if (this.#link !== null) return this.#link.request(request)
    return Promise.resolve({ ok: false, code: 'UNREACHABLE', why: 'not started', retryAfterMs: null, state: null })
  }

  async #learnTable(jws: Jws): Promise<void> {
    const { genesis, credentials, enqueue, log } = this.#ports
    const table = await verifyStatement('masterTable', jws, genesis.authorityKeys)
    this.#unverified = table.ok ? null : jws
    if (!table.ok || table.payload.network !== genesis.network) {
      log.error({ event: 'table-refused' }, 'a master table of the authentication node does not verify')
      return
    }
    const grants = await credentials.verifyAll(table.payload.masters)
    if (grants.ok && grants.value.length > 0) enqueue({ i: 'granted', from: null, grants: grants.value })
  }

  #next(work: () => Promise<void>): void {
    this.#order = this.#order.then(work).catch((error: unknown) => {
      this.#ports.log.error(
        { event: 'authority-bridge', error: String(error) },
        'a message of the authentication node could not be used',
      )
    })
  }
}
