/**
 * Owner-signed notices at a node (ID8): one line each in a file of the data folder, synced before they count. They come from the
 * authority and from peers, and each is taken in only when it verifies to its owner.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Trust, trustAfter } from '@baton/shared/crypto/authority-keys'
import { type Notice, peekNotice, Revocations, verifyNotice } from '@baton/shared/crypto/notices'
import type { AuthorityKeys } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { reasonOf } from '../config/genesis-file.ts'

export interface NodeNoticesPorts {
  readonly genesis: Genesis
  readonly dataFolder: string
  /** On disk now, and acted on next. */
  readonly onTaken: (notice: Notice) => void
}

export class NodeNotices {
  readonly revocations = new Revocations()
  readonly #ports: NodeNoticesPorts
  readonly #file: string
  readonly #known = new Set<Jws>()
  readonly #changes: AuthorityKeys[] = []
  #trust: Trust

  /** @throws BatonError STORAGE_FAILED */
  constructor(ports: NodeNoticesPorts) {
    this.#ports = ports
    this.#trust = ports.genesis
    this.#file = join(ports.dataFolder, 'notices.jws')
    for (const line of this.#stored()) {
      const read = peekNotice(line)
      // The end of a write that a crash has cut off: whoever told it tells it again.
      if (!read.ok) continue
      this.#known.add(line as Jws)
      this.#learn(read.value)
    }
  }

  /** What statements are checked against, always as of now (ID1). */
  get trust(): Trust {
    const now = () => this.#trust
    return {
      network: this.#ports.genesis.network,
      clusters: this.#ports.genesis.clusters,
      get authorityKeys() {
        return now().authorityKeys
      },
      get retired() {
        return now().retired ?? []
      },
    }
  }

  all(): readonly Jws[] {
    return [...this.#known]
  }

  /** Returns what was new. @throws BatonError STORAGE_FAILED */
  async take(statements: readonly Jws[]): Promise<readonly Jws[]> {
    const fresh: { readonly statement: Jws; readonly notice: Notice }[] = []
    for (const statement of statements) {
      if (this.#known.has(statement)) continue
      const notice = await verifyNotice(this.#ports.genesis, statement)
      if (!notice.ok || this.#known.has(statement) || this.#known.size >= LIMITS.notices) continue
      this.#known.add(statement)
      fresh.push({ statement, notice: notice.value })
    }
    if (fresh.length === 0) return []
    this.#append(fresh.map(({ statement }) => statement))
    for (const { notice } of fresh) this.#learn(notice)
    for (const { notice } of fresh) this.#ports.onTaken(notice)
    return fresh.map(({ statement }) => statement)
  }

  #learn(notice: Notice): void {
    if (notice.kind === 'revocation') this.revocations.add(notice.payload)
    else {
      this.#changes.push(notice.payload)
      this.#trust = trustAfter(this.#ports.genesis, this.#changes)
    }
  }

  #stored(): readonly string[] {
    if (!existsSync(this.#file)) return []
    try {
      return readFileSync(this.#file, 'utf8').split('\n')
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #append(statements: readonly Jws[]): void {
    try {
      const file = openSync(this.#file, 'a', 0o600)
      try {
        // A newline first: what a crash has cut off before must not swallow the next line.
        writeSync(file, `\n${statements.join('\n')}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #failed(error: unknown): BatonError {
    return new BatonError('STORAGE_FAILED', `${this.#file} cannot be used: ${reasonOf(error)}`, { cause: error })
  }
}
