/**
 * Owner-signed notices at a node (ID8): one line each in a file of the data folder, synced before they count. They come from the
 * authority and from peers, and each is taken in only when it verifies to its owner.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Revocations, verifyNotice } from '@baton/shared/crypto/notices'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import { peekStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { reasonOf } from '../config/genesis-file.ts'

export interface NodeNoticesPorts {
  readonly genesis: Genesis
  readonly dataFolder: string
  /** On disk now, and acted on next. */
  readonly onTaken: (revocation: Revocation) => void
}

export class NodeNotices {
  readonly revocations = new Revocations()
  readonly #ports: NodeNoticesPorts
  readonly #file: string
  readonly #known = new Set<Jws>()

  /** @throws BatonError STORAGE_FAILED */
  constructor(ports: NodeNoticesPorts) {
    this.#ports = ports
    this.#file = join(ports.dataFolder, 'notices.jws')
    for (const line of this.#stored()) {
      const read = peekStatement('revocation', line)
      // The end of a write that a crash has cut off: whoever told it tells it again.
      if (!read.ok) continue
      this.#known.add(line as Jws)
      this.revocations.add(read.payload)
    }
  }

  all(): readonly Jws[] {
    return [...this.#known]
  }

  /** Returns what was new. @throws BatonError STORAGE_FAILED */
  async take(statements: readonly Jws[]): Promise<readonly Jws[]> {
    const fresh: { readonly statement: Jws; readonly revocation: Revocation }[] = []
    for (const statement of statements) {
      if (this.#known.has(statement)) continue
      const notice = await verifyNotice(this.#ports.genesis, statement)
      if (!notice.ok || this.#known.has(statement) || this.#known.size >= LIMITS.notices) continue
      this.#known.add(statement)
      fresh.push({ statement, revocation: notice.value })
    }
    if (fresh.length === 0) return []
    this.#append(fresh.map(({ statement }) => statement))
    for (const { revocation } of fresh) this.revocations.add(revocation)
    for (const { revocation } of fresh) this.#ports.onTaken(revocation)
    return fresh.map(({ statement }) => statement)
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
