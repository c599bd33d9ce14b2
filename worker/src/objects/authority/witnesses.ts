/** RG8: those who may know more of the cluster than its registry: its nodes, and the network's directory. */
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { Grant } from '@baton/shared/crypto/statement-types'
import { sameToken } from '@baton/shared/ids'
import { SHOWN_SINCE, type ToAuthority } from '@baton/shared/protocol/control'
import { failure } from '@baton/shared/result'
import type { DirectoryLink } from './directory-link.ts'
import { type EntranceParts, keep } from './entrance.ts'
import type { Refusals } from './refusals.ts'
import type { Attachment } from './sockets.ts'
import { verifyShown } from './statements.ts'

export interface WitnessParts extends Pick<EntranceParts, 'cluster' | 'sockets'> {
  readonly refusals: Refusals
  readonly trust: Trust
  readonly directory: DirectoryLink
  readonly registry: () => Registry
  readonly decide: (input: RegistryInput) => void
}

type Open = Extract<Attachment, { phase: 'open' }>

export class Witnesses {
  readonly #parts: WitnessParts

  constructor(parts: WitnessParts) {
    this.#parts = parts
  }

  /** Once per session. What does not verify is recorded and shows nothing: a restore then waits for this node. */
  async shown(socket: WebSocket, open: Open, message: Extract<ToAuthority, { t: 'shown' }>): Promise<void> {
    const { refusals, trust, cluster, decide } = this.#parts
    const { id, node } = open
    if (open.shown || open.protocol < SHOWN_SINCE) {
      const why = 'a node shows what it holds once, at the start of its session'
      return refusals.frame(open, failure('PEER_UNEXPECTED', why))
    }
    keep(socket, { ...open, shown: true })
    const verified = await verifyShown(trust, cluster.cluster, message)
    if (verified.ok) return decide({ i: 'shown', node, session: id, ...verified.value })
    refusals.shown(open, verified)
  }

  /** The directory's newest table, for the sessions and for the registry. */
  async askDirectory(): Promise<void> {
    const { directory, sockets } = this.#parts
    if (await directory.poll()) sockets.broadcast({ t: 'masters', table: directory.newest })
    await this.hearDirectory()
  }

  /** What the table at hand says of this cluster. */
  async hearDirectory(): Promise<void> {
    const { trust, cluster, directory, registry, decide } = this.#parts
    const grant = await directory.grantOf(trust, cluster.cluster)
    if (grant !== null && differs(registry(), grant)) decide({ i: 'directoryKnows', grant })
  }

  /** A restore has begun: what the directory knows is one more witness. */
  settled(registry: Registry): void {
    if (registry.status === 'absent' || registry.restore === null || registry.restore.elsewhere !== null) return
    void this.hearDirectory()
  }
}

/** While the registry is in order the directory repeats what it was told. */
function differs(registry: Registry, grant: Grant): boolean {
  if (registry.status !== 'founded' || registry.restore !== null) return true
  return !sameToken(grant, registry.lastGrant) || grant.node !== registry.master
}
