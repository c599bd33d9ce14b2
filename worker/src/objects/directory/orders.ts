/**
 * Brings the order that stands to its cluster's authority: again until it is recorded, since commands can be lost (DESIGN
 * section 11); then asks, now and then, whether it still stands there, since an operator may have dealt with it.
 */
import type { AuditInput, AuditSend, StandingOrder } from '@baton/shared/core/audit/types'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import type { AuthorityApi } from '../authority-api.ts'
import type { Audit } from './audit.ts'

type Order = Extract<AuditSend, { readonly s: 'order' }>

export interface OrdersParts {
  readonly audit: Pick<Audit, 'standing' | 'isTaken'>
  readonly clock: Clock
  readonly authorityOf: (cluster: ClusterId) => Pick<AuthorityApi, 'order'>
  /** What the authority's answer means for the audit; `notes` are events about it. */
  readonly take: (input: AuditInput, notes: readonly object[]) => void
}

export class Orders {
  readonly #parts: OrdersParts
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(parts: OrdersParts) {
    this.#parts = parts
  }

  /** When to look again; null: no order stands. */
  get againAfterMs(): number | null {
    const { standing, isTaken } = this.#parts.audit
    if (standing === null) return null
    return isTaken ? LIMITS.orderAskMs : LIMITS.orderAgainMs
  }

  /** Deadlines: looked at with every message, and by the alarm. */
  async ask(): Promise<void> {
    const { audit, clock } = this.#parts
    const { standing, isTaken } = audit
    if (standing === null || !isTaken || clock.now() - this.#askedAt < LIMITS.orderAskMs) return
    await this.deliver(sendOf(standing))
  }

  /** Never rejects; what was not answered is sent again. */
  async deliver({ cluster, order, bars }: Order): Promise<void> {
    const { authorityOf, clock, take, audit } = this.#parts
    this.#askedAt = clock.now()
    try {
      const answer = await authorityOf(cluster).order(cluster, order, bars)
      if (!answer.ok) return console.warn('an order was not recorded', cluster, answer.code, answer.why)
      const { taken, stands, why } = answer.value
      const { id } = order
      // An answer to an order that has ended meanwhile says nothing.
      if (audit.standing?.order.id !== id) return
      if (!taken) return take({ i: 'orderEnded', id }, [{ event: 'order-refused', cluster, order, why }])
      take({ i: 'orderTaken', id }, audit.isTaken ? [] : [{ event: 'order-taken', cluster, order }])
      if (!stands) take({ i: 'orderEnded', id }, [])
    } catch (error) {
      console.warn('an authority was not reached', cluster, error)
    }
  }
}

function sendOf({ by, order, bars }: StandingOrder): Order {
  return { s: 'order', cluster: by.cluster, order, bars }
}
