import type { Server } from 'node:net'
import { BatonError } from '@baton/shared/errors'
import { formatAddress } from '../config/address.ts'
import type { Address } from '../config/types.ts'

/**
 * Listens, or says which setting is at fault.
 * @param key the configuration key of the address, for the message: `listen.api`
 * @throws BatonError PORT_TAKEN, CONFIG_INVALID
 */
export function listen(server: Server, address: Address, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(explain(error, address, key))
    server.once('error', failed)
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

function explain(error: NodeJS.ErrnoException, address: Address, key: string): Error {
  const where = `${key} = "${formatAddress(address)}"`
  const details = { key, address: formatAddress(address) }
  switch (error.code) {
    case 'EADDRINUSE':
      return new BatonError('PORT_TAKEN', `another process already listens on ${where}`, {
        remedy: `find it with: ss -ltnp 'sport = :${address.port}' — stop it, or change ${key}`,
        details,
        cause: error,
      })
    case 'EACCES':
      return new BatonError('CONFIG_INVALID', `this user may not listen on ${where}`, {
        remedy: `use a port above 1023 in ${key}, or give the process CAP_NET_BIND_SERVICE`,
        details,
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new BatonError('CONFIG_INVALID', `${where} is not an address of this host`, {
        remedy: `set ${key} to an address that \`ip address\` shows, or to 0.0.0.0 with an advertised one`,
        details,
        cause: error,
      })
    default:
      return error
  }
}
