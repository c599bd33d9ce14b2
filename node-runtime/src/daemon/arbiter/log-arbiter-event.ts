/** What a member of a majority reports of its registry, as log lines: the log of the authority that it has not (RG11). */
import type { ArbiterEvent } from '@baton/shared/core/arbiter/messages'
import type { Log } from '@baton/shared/ports/log'

/** Told again and again while a cluster is in trouble, and of no consequence by themselves. */
const ORDINARY: ReadonlySet<string> = new Set(['confirmed', 'grant-repeated', 'reshape-repeated', 'member-added'])

export function logArbiterEvent(log: Log, event: ArbiterEvent): void {
  switch (event.e) {
    case 'fresh':
      log.info({ event: 'arbiter-fresh' }, 'no member of this cluster holds a registry yet: the founder may make it')
      return
    case 'reseated': {
      const sentence = 'this member had no seat on its disk; all others have told it what they hold, and it votes again'
      log.warn({ event: 'arbiter-reseated', promised: event.promised }, sentence)
      return
    }
    case 'registry': {
      const { event: kind, who, why, code, evidence, after } = event.event
      const level = code !== null ? 'warn' : ORDINARY.has(kind) ? 'debug' : 'info'
      log[level]({ event: `registry-${kind}`, who, code, evidence, after }, `registry: ${kind}, ${who}: ${why}`)
      return
    }
  }
}
