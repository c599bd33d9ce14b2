/**
 * Owner-signed notices at a node (ID8): one line each in a file of the data folder, synced before they count. They come from the
 * authority and from peers, and each is taken in only when it verifies to its owner.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { NoticeBook, type RefusedNotice } from '@baton/shared/crypto/notice-book'
import { type Notice, peekNotice, type Revocations } from '@baton/shared/crypto/notices'
import { STATEMENT_TYPES } from '@baton/shared/crypto/statement-types'
import { typeOf } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { reasonOf } from '../config/genesis-file.ts'

export interface NodeNoticesPorts {
  readonly genesis: Genesis
  readonly dataFolder: string
  /** On disk now, and acted on next. */
  readonly onTaken: (notice: Notice) => void
}

export interface TakenNotices {
  /** What was new. */
  readonly fresh: readonly Jws[]
  /** What does not verify to its owner. */
  readonly refused: readonly RefusedNotice[]
}

export class NodeNotices {
  readonly #ports: NodeNoticesPorts
  readonly #file: string
  readonly #known = new Set<Jws>()
  readonly #book: NoticeBook

  /** @throws BatonError STORAGE_FAILED */
  constructor(ports: NodeNoticesPorts) {
    this.#ports = ports
    this.#book = new NoticeBook(ports.genesis)
    this.#file = join(ports.dataFolder, 'notices.jws')
    for (const line of this.#stored()) {
      const read = peekNotice(line)
      // The end of a write that a crash has cut off: whoever told it tells it again.
      if (!read.ok) continue
      this.#known.add(line as Jws)
      this.#book.add(read.value)
    }
  }

  get revocations(): Revocations {
    return this.#book.revocations
  }

  /** What statements are checked against, always as of now (ID1). */
  get trust(): Trust {
    return this.#book.trust
  }

  /** Those that say which keys count: what a client needs to verify masters. */
  aboutKeys(): readonly Jws[] {
    return this.all().filter((statement) => typeOf(statement) !== STATEMENT_TYPES.revocation)
  }

  all(): readonly Jws[] {
    return [...this.#known]
  }

  /**
   * @throws BatonError STORAGE_FAILED
   * @param now refuses what an owner key has signed that has ended by then; null: it comes from the authority, which looks at that
   */
  async take(statements: readonly Jws[], now: UnixMs | null = null): Promise<TakenNotices> {
    const unknown = statements.filter((statement) => !this.#known.has(statement))
    if (unknown.length === 0) return { fresh: [], refused: [] }
    const { verified, refused } = await this.#book.verifyAll(unknown, now)
    // Somebody else may have told the same while these were verified.
    const fresh = verified
      .filter(({ statement }) => !this.#known.has(statement))
      .slice(0, Math.max(0, LIMITS.notices - this.#known.size))
    if (fresh.length === 0) return { fresh: [], refused }
    for (const { statement } of fresh) this.#known.add(statement)
    this.#append(fresh.map(({ statement }) => statement))
    for (const { notice } of fresh) this.#book.add(notice)
    for (const { notice } of fresh) this.#ports.onTaken(notice)
    return { fresh: fresh.map(({ statement }) => statement), refused }
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
