/** All notices that a process knows, and what they make of genesis: what it checks statements against from then on (ID1, ID8). */
import { unreachable } from '../assert.ts'
import type { Jws, UnixMs } from '../ids.ts'
import type { Failure } from '../result.ts'
import { type Trust, trustAfter } from './authority-keys.ts'
import { type MemberKey, withMemberKeys } from './member-keys.ts'
import { type Notice, Revocations, verifyNotice } from './notices.ts'
import { withOwnerKeys } from './owner-keys.ts'
import type { AuthorityKeys, OwnerRotation } from './statement-types.ts'

export interface VerifiedNotice {
  readonly statement: Jws
  readonly notice: Notice
}

export interface RefusedNotice {
  readonly statement: Jws
  readonly refusal: Failure
}

export interface JudgedNotices {
  /** In an order in which each verifies: one may replace the key that the next is signed with. */
  readonly verified: readonly VerifiedNotice[]
  readonly refused: readonly RefusedNotice[]
}

export class NoticeBook {
  readonly revocations = new Revocations()
  readonly #genesis: Trust
  readonly #changes: AuthorityKeys[] = []
  readonly #rotations: OwnerRotation[] = []
  readonly #memberKeys: MemberKey[] = []
  #trust: Trust

  constructor(genesis: Trust, notices: readonly Notice[] = []) {
    this.#genesis = genesis
    this.#trust = genesis
    for (const notice of notices) this.add(notice)
  }

  /** Always as of now: whoever was given it once sees what is added later. */
  get trust(): Trust {
    const now = () => this.#trust
    return {
      network: this.#genesis.network,
      get clusters() {
        return now().clusters
      },
      get authorityKeys() {
        return now().authorityKeys
      },
      get retired() {
        return now().retired ?? []
      },
      get ownerKeyEnds() {
        return now().ownerKeyEnds ?? []
      },
      get formerMemberKeys() {
        return now().formerMemberKeys ?? []
      },
    }
  }

  /** `notice` was verified. Any number of times; the first rotation of its number counts, and the first new key of a member. */
  add(notice: Notice): void {
    switch (notice.kind) {
      case 'revocation':
        this.revocations.add(notice.payload)
        return
      case 'authorityKeys':
        this.#changes.push(notice.payload)
        break
      case 'ownerRotation':
        this.#rotations.push(notice.payload)
        break
      case 'memberKey':
        this.#memberKeys.push(notice.payload)
        break
      default:
        unreachable(notice)
    }
    const owned = withOwnerKeys(this.#genesis, this.#rotations)
    this.#trust = trustAfter(withMemberKeys(owned, this.#memberKeys), this.#changes)
  }

  /**
   * Which of them verify, whatever the order in which they came. Nothing is added.
   * @param now as for `verifyNotice`
   */
  async verifyAll(statements: readonly Jws[], now: UnixMs | null): Promise<JudgedNotices> {
    const scratch = this.#copy()
    const verified: VerifiedNotice[] = []
    let refused: RefusedNotice[] = []
    let left: readonly Jws[] = [...new Set(statements)]
    for (let before = left.length + 1; left.length > 0 && left.length < before; ) {
      before = left.length
      refused = []
      for (const statement of left) {
        const notice = await verifyNotice(scratch.#trust, statement, now)
        if (!notice.ok) {
          refused.push({ statement, refusal: notice })
          continue
        }
        scratch.add(notice.value)
        verified.push({ statement, notice: notice.value })
      }
      left = refused.map(({ statement }) => statement)
    }
    return { verified, refused }
  }

  #copy(): NoticeBook {
    const copy = new NoticeBook(this.#genesis)
    copy.#changes.push(...this.#changes)
    copy.#rotations.push(...this.#rotations)
    copy.#memberKeys.push(...this.#memberKeys)
    copy.#trust = this.#trust
    return copy
  }
}
