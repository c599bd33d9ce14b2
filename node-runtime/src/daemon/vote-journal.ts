/**
 * Every verified vote that other clusters sent to this node, as JSON lines in `votes.jsonl`, written before the node acts on it:
 * evidence that survives the process. Two files of bounded size.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Vote } from '@baton/shared/core/consensus/messages'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import type { NodeId } from '@baton/shared/ids'

export const VOTE_JOURNAL = 'votes.jsonl'
const OLDER_JOURNAL = 'votes.1.jsonl'
const FILE_BYTES_MAX = 128 * 1024 * 1024

export class VoteJournal {
  readonly #folder: string
  #file: number | null
  #bytes = 0

  constructor(folder: string) {
    this.#folder = folder
    this.#file = this.#open()
  }

  /** A write of a hundred bytes into the page cache: it needs no fsync, since only the process may die, not the host. */
  record(from: NodeId, vote: Vote): void {
    if (this.#file === null) return
    const { cluster, generation, epoch, height, round, type, block, signature } = vote
    const line = { cluster, generation, epoch, height, round, type, block, signature: toBase64Url(signature), from }
    try {
      this.#bytes += writeSync(this.#file, `${JSON.stringify(line)}\n`)
      if (this.#bytes >= FILE_BYTES_MAX) this.#rotate()
    } catch {
      // A journal that cannot be written is not worth stopping a master for: the store says when the disk is full.
      this.close()
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }

  #rotate(): void {
    this.close()
    renameSync(join(this.#folder, VOTE_JOURNAL), join(this.#folder, OLDER_JOURNAL))
    this.#file = this.#open()
  }

  #open(): number {
    const file = openSync(join(this.#folder, VOTE_JOURNAL), 'a', 0o600)
    this.#bytes = fstatSync(file).size
    return file
  }
}
