/** Between the control link and the node: verifies what the authority says, signs what the node asks of it. */

import type { NodeInput, RecoveredBy } from '@baton/shared/core/node/io'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { KnownSyncSet, RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Claim, Credential, Reshape } from '@baton/shared/crypto/statement-types'
import { signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { Height, Jws, Token } from '@baton/shared/ids'
import type { ControlLink, ControlLinkHandler, ControlReply } from '@baton/shared/ports/control-link'
import type { Log } from '@baton/shared/ports/log'
import { NOTICES_SINCE, noticeFrames, type RegistryView, SHOWN_SINCE } from '@baton/shared/protocol/control'
import type { Credentials } from './credentials.ts'
import { verifyRecorded, verifySyncSet } from './verify-recorded.ts'

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
}

export class AuthorityBridge implements ControlLinkHandler {
  readonly #ports: AuthorityBridgePorts
  #link: ControlLink | null = null
  /** Of the last session. */
  #protocol = 0
  /** The last words of the authority, when they did not verify: the notices that tell of its new key come after them (ID1). */
  #unverified: { readonly state: RegistryView | null; readonly table: Jws | null } = { state: null, table: null }
  /** What the authority says is handed on in the order in which it was said. */
  #order: Promise<void> = Promise.resolve()
  /** The statement of the last view, verified: views come far more often than new ones. */
  #recorded: RecordedReshape | null = null
  #syncSet: KnownSyncSet | null = null

  constructor(ports: AuthorityBridgePorts) {
    this.#ports = ports
  }

  attach(link: ControlLink): void {
    this.#link = link
  }

  onUp: ControlLinkHandler['onUp'] = (welcome) => {
    this.#ports.linked(welcome.protocol)
    this.#protocol = welcome.protocol
    // Revocations first: a restore that what is shown completes must not grant to whom its owner has revoked (RG8).
    this.tellNotices(this.#ports.notices())
    if (welcome.protocol >= SHOWN_SINCE) this.#link?.send({ t: 'shown', ...this.#ports.shown() })
    this.#next(async () => {
      this.#ports.enqueue({ i: 'authority', up: true, challenge: welcome.challenge })
      await this.#learnTable(welcome.masters)
      if (welcome.state !== null) await this.#learnState(welcome.state)
    })
  }

  /** To the authority, when there is a session that takes them. */
  tellNotices(notices: readonly Jws[]): void {
    if (this.#protocol < NOTICES_SINCE) return
    for (const frame of noticeFrames(notices)) this.#link?.send(frame)
  }

  /** What statements are checked against has changed. */
  learnAgain(): void {
    this.#next(async () => {
      const { state, table } = this.#unverified
      this.#unverified = { state: null, table: null }
      if (table !== null) await this.#learnTable(table)
      if (state !== null) await this.#learnState(state)
    })
  }

  onDown = (why: string): void => {
    this.#ports.log.warn(
      { event: 'authority-down', why },
      'the authentication node is out of reach: the configuration is frozen, the chain goes on',
    )
    this.#next(async () => this.#ports.enqueue({ i: 'authority', up: false }))
  }

  onState = (state: RegistryView): void => this.#next(() => this.#learnState(state))

  onMasters = (table: Jws): void => this.#next(() => this.#learnTable(table))

  onNotices = (notices: readonly Jws[]): void => this.#next(() => this.#ports.onNotices(notices))

  onSessionClosed: ControlLinkHandler['onSessionClosed'] = (node) => {
    this.#next(async () => this.#ports.enqueue({ i: 'sessionClosed', node }))
  }

  onHeard: ControlLinkHandler['onHeard'] = ({ report, version }) => {
    this.#ports.enqueue({ i: 'heardByAuthority', report, version })
  }

  onRefused = (code: string, why: string): void => {
    this.#ports.log.error(
      { event: 'authority-refuses', code, why },
      `the authentication node refuses this node: ${why}`,
    )
  }

  async claim(request: number, claim: Claim): Promise<void> {
    const statement = await signStatement('claim', claim, this.#ports.privateKey)
    let reply = await this.#ask({ t: 'claim', claim: statement })
    // Neither the session nor HTTP leads there from here: a peer of the cluster may reach it (links table).
    if (!reply.ok && reply.code === 'UNREACHABLE') reply = (await this.#ports.relay(statement)) ?? reply
    this.#next(async () => {
      if (reply.state !== null) await this.#learnGrant(reply.state)
      const reshape = reply.state === null ? null : await this.#recordedIn(reply.state)
      this.#ports.enqueue({ i: 'claimReply', request, outcome: reply, ...(reshape === null ? {} : { reshape }) })
    })
  }

  async reshape(reshape: Reshape): Promise<void> {
    const statement = await signStatement('reshape', reshape, this.#ports.privateKey)
    const reply = await this.#ask({ t: 'reshape', reshape: statement })
    if (!reply.ok) this.#warn('reshape-refused', reply.code, `the sync set was not changed: ${reply.why}`)
    const { state } = reply
    if (state !== null) this.#next(() => this.#learnState(state))
  }

  async confirm({ generation, epoch }: Token): Promise<void> {
    const { state } = await this.#ask({ t: 'confirm', token: { generation, epoch } })
    if (state !== null) this.#next(() => this.#learnState(state))
  }

  async recovered({ generation, epoch }: Token, by: RecoveredBy): Promise<void> {
    const reply = await this.#ask({ t: 'recovered', token: { generation, epoch }, by })
    if (!reply.ok) this.#warn('recovery-end-refused', reply.code, `the end of recovery was not recorded: ${reply.why}`)
    const { state } = reply
    if (state !== null) this.#next(() => this.#learnState(state))
  }

  async verified({ generation, epoch }: Token, height: Height): Promise<void> {
    const reply = await this.#ask({ t: 'verified', token: { generation, epoch }, height })
    if (!reply.ok) this.#warn('verified-refused', reply.code, `the bar on this node stays: ${reply.why}`)
    const { state } = reply
    if (state !== null) this.#next(() => this.#learnState(state))
  }

  #warn(event: string, code: string, sentence: string): void {
    this.#ports.log.warn({ event, code }, sentence)
  }

  #ask(request: Parameters<ControlLink['request']>[0]): Promise<ControlReply> {
    if (this.#link !== null) return this.#link.request(request)
    return Promise.resolve({ ok: false, code: 'UNREACHABLE', why: 'not started', retryAfterMs: null, state: null })
  }

  async #learnGrant(state: RegistryView): Promise<void> {
    const verified = await this.#ports.credentials.verify(state.credential)
    this.#unverified = { ...this.#unverified, state: verified.ok ? null : state }
    if (verified.ok) this.#ports.enqueue({ i: 'granted', from: null, grants: [verified.value] })
    else
      this.#ports.log.error(
        { event: 'grant-refused', why: verified.why },
        `a grant of the authentication node does not verify: ${verified.why}`,
      )
  }

  async #learnState(state: RegistryView): Promise<void> {
    await this.#learnGrant(state)
    const reshape = await this.#recordedIn(state)
    const syncSet = await this.#syncSetIn(state)
    const verified = { ...(reshape === null ? {} : { reshape }), ...(syncSet === null ? {} : { syncSet }) }
    this.#ports.enqueue({ i: 'view', view: state, ...verified })
    await this.#ports.onMembers(state.members)
  }

  async #recordedIn({ reshape, syncSet, credential }: RegistryView): Promise<RecordedReshape | null> {
    if (!reshape) return null
    if (this.#recorded?.statement === reshape) return this.#recorded
    const master = await this.#ports.credentials.verify(credential)
    const recorded = master.ok
      ? await verifyRecorded(this.#ports.genesis, master.value.mastership, reshape, syncSet)
      : master
    if (recorded.ok) {
      this.#recorded = recorded.value
      return recorded.value
    }
    const why = `a sync set of the authentication node does not verify: ${recorded.why}`
    this.#ports.log.error({ event: 'reshape-refused', why: recorded.why }, why)
    return null
  }

  /** RG4: what peers that do not hear the authority are shown. */
  async #syncSetIn({ recorded, credential }: RegistryView): Promise<KnownSyncSet | null> {
    if (!recorded) return null
    if (this.#syncSet?.statement === recorded) return this.#syncSet
    const { credentials, genesis, log } = this.#ports
    const master = await credentials.verify(credential)
    const known = master.ok ? await verifySyncSet(genesis, master.value.mastership, recorded) : master
    if (known.ok) {
      this.#syncSet = known.value
      return known.value
    }
    const why = `the statement of the authentication node on the sync set does not verify: ${known.why}`
    log.error({ event: 'sync-set-refused', why: known.why }, why)
    return null
  }

  async #learnTable(jws: Jws): Promise<void> {
    const { genesis, credentials, enqueue, log } = this.#ports
    const table = await verifyStatement('masterTable', jws, genesis.authorityKeys)
    this.#unverified = { ...this.#unverified, table: table.ok ? null : jws }
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
