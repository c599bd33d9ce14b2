/** TLS as ID5 wants it: version 1.3 on both sides, certificates shown by both, judged by us alone. */
import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import type { TlsIdentity } from '../../identity/load-identity.ts'

export function secureContext(identity: TlsIdentity): SecureContextOptions {
  return {
    key: identity.key,
    cert: identity.cert,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // With TLS 1.3 this makes tickets stateful, and Node keeps no session state: nothing can be resumed.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}
