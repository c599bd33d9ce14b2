/** What a client knows of a network: who is master of each cluster, and where nodes answer (NW1). */

import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import type { Credential } from '@baton/shared/crypto/statement-types'
import type { Genesis } from '@baton/shared/genesis'
import {
  type ClusterId,
  compareTokens,
  type Epoch,
  type Generation,
  type Jws,
  type NodeId,
  type UnixMs,
} from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { normalizeUrl } from './endpoint.ts'

/** A master as the client knows it. `url` is null while nobody has said where it answers. */
export interface KnownMaster {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly url: string | null
}

/** As a node or the edge says it: nothing in here is believed yet. */
export interface SaidMaster {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly apiAddress: string | null
  /** Null: it was not said, and counts only where there is no genesis to check it against. */
  readonly credential: Credential | null
}

const NODES_MAX = LIMITS.clusters * LIMITS.nodesPerCluster

export class KnownNetwork {
  /** Genesis, and what owners have said since of keys; null: those who are asked are trusted. */
  readonly #book: NoticeBook | null
  readonly #notices = new Set<Jws>()
  readonly #masters = new Map<ClusterId, KnownMaster>()
  readonly #urls = new Set<string>()

  /** @param genesis what masters are verified against; null: those who are asked are trusted */
  constructor(genesis: Genesis | null, urls: readonly string[]) {
    this.#book = genesis === null ? null : new NoticeBook(genesis)
    for (const url of urls) this.#urls.add(normalizeUrl(url))
  }

  /** Sorted by cluster. */
  get masters(): readonly KnownMaster[] {
    return [...this.#masters.values()].sort((a, b) => (a.cluster < b.cluster ? -1 : 1))
  }

  /** Every address that was given or said, in that order. */
  get urls(): readonly string[] {
    return [...this.#urls]
  }

  /** What statements are verified against, always as of now; null: nothing is. */
  get trust(): Trust | null {
    return this.#book?.trust ?? null
  }

  /** ID1: takes in what verifies, whoever tells it. True when there was something new. */
  async learnNotices(notices: readonly Jws[]): Promise<boolean> {
    const unknown = notices.filter((notice) => !this.#notices.has(notice))
    if (this.#book === null || unknown.length === 0) return false
    const { verified } = await this.#book.verifyAll(unknown, Date.now() as UnixMs)
    for (const { statement, notice } of verified) {
      if (this.#notices.has(statement) || this.#notices.size >= LIMITS.notices) continue
      this.#notices.add(statement)
      this.#book.add(notice)
    }
    return verified.length > 0
  }

  /** NW1: a higher token replaces a known one, a lower one changes nothing; what does not verify is left out. */
  async learn(masters: readonly SaidMaster[], addresses: readonly string[] = []): Promise<void> {
    for (const address of addresses) this.#learnUrl(urlOf(address))
    for (const said of masters.slice(0, LIMITS.clusters)) {
      const known = this.#masters.get(said.cluster)
      const order = known === undefined ? 1 : compareTokens(said, known)
      if (order < 0 || (order === 0 && said.node !== known?.node) || !(await this.#isGenuine(said))) continue
      const { cluster, generation, epoch, node } = said
      const url = urlOf(said.apiAddress) ?? (order === 0 ? (known?.url ?? null) : null)
      this.#learnUrl(url)
      // Somebody else may have been heard while this one was verified.
      const latest = this.#masters.get(cluster)
      if (latest !== undefined && compareTokens(said, latest) < 0) continue
      this.#masters.set(cluster, { cluster, generation, epoch, node, url })
    }
  }

  #learnUrl(url: string | null): void {
    if (url !== null && this.#urls.size < NODES_MAX) this.#urls.add(url)
  }

  async #isGenuine({ cluster, generation, epoch, node, credential }: SaidMaster): Promise<boolean> {
    if (this.#book === null) return true
    if (credential === null) return false
    const mastership = await verifyCredential(this.#book.trust, credential)
    if (!mastership.ok) return false
    const { value } = mastership
    return value.cluster === cluster && value.node === node && compareTokens(value, { generation, epoch }) === 0
  }
}

function urlOf(address: string | null): string | null {
  if (address === null) return null
  try {
    return normalizeUrl(address)
  } catch {
    return null
  }
}
