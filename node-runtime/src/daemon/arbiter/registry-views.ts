/** What a node is shown of its cluster's registry: every statement in it verified before the node takes it in. */
import type { NodeInput } from '@baton/shared/core/node/io'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { KnownSyncSet, RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Log } from '@baton/shared/ports/log'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { Credentials } from '../credentials.ts'
import { verifyRecorded, verifySyncSet } from '../verify-recorded.ts'

export interface RegistryViewsPorts {
  readonly genesis: Trust
  readonly credentials: Credentials
  readonly enqueue: (input: NodeInput) => void
  /** The members of the cluster, at every change. */
  readonly onMembers: (members: RegistryView['members']) => Promise<void>
  readonly log: Log
  /** Who shows them, for the log. */
  readonly shownBy: string
}

export class RegistryViews {
  readonly #ports: RegistryViewsPorts
  /** The last view whose grant did not verify: the notices that tell of another key may come after it (ID1). */
  #unverified: RegistryView | null = null
  /** The statement of the last view, verified: views come far more often than new ones. */
  #recorded: RecordedReshape | null = null
  #syncSet: KnownSyncSet | null = null

  constructor(ports: RegistryViewsPorts) {
    this.#ports = ports
  }

  async learn(view: RegistryView): Promise<void> {
    await this.learnGrant(view)
    const reshape = await this.recordedIn(view)
    const syncSet = await this.#syncSetIn(view)
    const verified = { ...(reshape === null ? {} : { reshape }), ...(syncSet === null ? {} : { syncSet }) }
    this.#ports.enqueue({ i: 'view', view, ...verified })
    await this.#ports.onMembers(view.members)
  }

  async learnGrant(view: RegistryView): Promise<void> {
    const { credentials, enqueue, log, shownBy } = this.#ports
    const verified = await credentials.verify(view.credential)
    this.#unverified = verified.ok ? null : view
    if (verified.ok) enqueue({ i: 'granted', from: null, grants: [verified.value] })
    else {
      const why = `a grant of ${shownBy} does not verify: ${verified.why}`
      log.error({ event: 'grant-refused', why: verified.why }, why)
    }
  }

  /** What statements are checked against has changed. */
  async learnAgain(): Promise<void> {
    const view = this.#unverified
    this.#unverified = null
    if (view !== null) await this.learn(view)
  }

  async recordedIn({ reshape, syncSet, credential }: RegistryView): Promise<RecordedReshape | null> {
    if (!reshape) return null
    if (this.#recorded?.statement === reshape) return this.#recorded
    const { credentials, genesis, log, shownBy } = this.#ports
    const master = await credentials.verify(credential)
    const recorded = master.ok ? await verifyRecorded(genesis, master.value.mastership, reshape, syncSet) : master
    if (recorded.ok) {
      this.#recorded = recorded.value
      return recorded.value
    }
    const why = `a sync set of ${shownBy} does not verify: ${recorded.why}`
    log.error({ event: 'reshape-refused', why: recorded.why }, why)
    return null
  }

  /** RG4: what peers that do not hear the authority are shown. */
  async #syncSetIn({ recorded, credential }: RegistryView): Promise<KnownSyncSet | null> {
    if (!recorded) return null
    if (this.#syncSet?.statement === recorded) return this.#syncSet
    const { credentials, genesis, log, shownBy } = this.#ports
    const master = await credentials.verify(credential)
    const known = master.ok ? await verifySyncSet(genesis, master.value.mastership, recorded) : master
    if (known.ok) {
      this.#syncSet = known.value
      return known.value
    }
    const why = `the statement of ${shownBy} on the sync set does not verify: ${known.why}`
    log.error({ event: 'sync-set-refused', why: known.why }, why)
    return null
  }
}
