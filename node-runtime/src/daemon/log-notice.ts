import { unreachable } from '@baton/shared/assert'
import type { Notice } from '@baton/shared/crypto/notices'
import type { Log } from '@baton/shared/ports/log'

/** What an owner has said, for the operator of this host. */
export function logNotice(log: Log, notice: Notice): void {
  const { kind, payload } = notice
  const { cluster } = payload
  switch (kind) {
    case 'revocation': {
      const { subject, reason } = payload
      const what = subject.kind === 'node' ? subject.node : subject.kind === 'token' ? subject.token : subject.operator
      const fields = { event: 'revoked', cluster, kind: subject.kind, what, reason }
      log.warn(fields, `the owner of ${cluster} has revoked ${subject.kind} ${what}: ${reason}`)
      return
    }
    case 'authorityKeys': {
      const { sequence, keys } = payload
      const fields = { event: 'authority-keys', cluster, sequence, keys }
      log.warn(fields, `the owner of ${cluster} agrees to change ${sequence} of the authority's keys`)
      return
    }
    case 'ownerRotation': {
      const { sequence, from, to, until } = payload
      const fields = { event: 'owner-key', cluster, sequence, from, to, until }
      const end = new Date(until).toISOString()
      log.warn(fields, `the owner of ${cluster} has replaced its key ${from}, which counts until ${end}, by ${to}`)
      return
    }
    case 'memberKey': {
      const { node, sequence, from, to, reason } = payload
      const fields = { event: 'member-key', cluster, node, sequence, from, to, reason }
      log.warn(
        fields,
        `the owner of ${cluster} has replaced the key ${from} of its arbiter ${node} by ${to}: ${reason}`,
      )
      return
    }
    default:
      unreachable(kind)
  }
}
