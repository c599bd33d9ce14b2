/**
 * ID3: who has joined with which token. The count is kept here, in one transaction with the check, and survives everything that the
 * database survives; a repeat by the same key is the same use.
 */
import type { Registry } from '@baton/shared/core/registry/types'
import type { CertificateChain } from '@baton/shared/crypto/certificate-chain'
import type { NodeId, PublicKey } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { failure, type Result, success } from '@baton/shared/result'
import type { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { IdentityEvent } from './identity-events.ts'

export const TOKEN_TABLE = [
  `CREATE TABLE token_uses (
    token TEXT NOT NULL, node TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (token, node, key)
  ) WITHOUT ROWID`,
  `CREATE TRIGGER token_uses_stay BEFORE DELETE ON token_uses BEGIN SELECT RAISE(ABORT, 'ID3: never deleted'); END`,
]

export interface Enrolled {
  /** Null: the owner signed the certificate itself. */
  readonly usesLeft: number | null
}

export class Enrolment {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #events: EventLog

  constructor(sql: Sql, clock: Clock, events: EventLog) {
    this.#sql = sql
    this.#clock = clock
    this.#events = events
  }

  /** This node has used its token before. */
  has({ token, certificate }: CertificateChain): boolean {
    return token === null || this.#used(token.id, certificate.node, certificate.key)
  }

  /** Uses the token, if it must be used and may. `TOKEN_EXPIRED`, `TOKEN_USED_UP`, `NODE_EXISTS`. */
  enrol({ token, certificate }: CertificateChain, registry: Registry): Result<Enrolled> {
    if (token === null) return success({ usesLeft: null })
    const at = this.#clock.wallNow()
    const { node, key, site } = certificate
    return this.#sql.transaction(() => {
      const uses = this.#sql.all('SELECT node FROM token_uses WHERE token = ?', token.id).length
      if (this.#used(token.id, node, key)) return success({ usesLeft: token.uses - uses })
      if (at >= token.expiresAt) {
        return failure('TOKEN_EXPIRED', `the join token expired at ${new Date(token.expiresAt).toISOString()}`)
      }
      const allowed = Math.min(token.uses, LIMITS.tokenUses)
      if (uses >= allowed) return failure('TOKEN_USED_UP', `${allowed} nodes have joined with this token`)
      if (this.#otherKeyOf(node, key, registry)) {
        return failure('NODE_EXISTS', `the cluster has a node ${node} with another key`)
      }
      if (
        registry.status !== 'absent' &&
        registry.members.size >= LIMITS.nodesPerCluster &&
        !registry.members.has(node)
      ) {
        return failure('NODE_EXISTS', `the cluster has ${LIMITS.nodesPerCluster} nodes already`)
      }
      this.#sql.run('INSERT INTO token_uses (token, node, key, at) VALUES (?, ?, ?, ?)', token.id, node, key, at)
      const why = `use ${uses + 1} of ${allowed} of join token ${token.id}`
      const event: IdentityEvent = {
        event: 'joined',
        who: node,
        why,
        code: null,
        evidence: { token: token.id, key, site },
      }
      this.#events.append(at, event)
      return success({ usesLeft: allowed - uses - 1 })
    })
  }

  #used(token: string, node: NodeId, key: PublicKey): boolean {
    const query = 'SELECT at FROM token_uses WHERE token = ? AND node = ? AND key = ?'
    return this.#sql.all(query, token, node, key).length > 0
  }

  /** A token replaces no node: only its owner gives a node another key. */
  #otherKeyOf(node: NodeId, key: PublicKey, registry: Registry): boolean {
    const member = registry.status === 'absent' ? undefined : registry.members.get(node)
    if (member !== undefined) return member.key !== key
    return this.#sql.all('SELECT key FROM token_uses WHERE node = ? AND key <> ?', node, key).length > 0
  }
}
