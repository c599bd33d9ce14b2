import { formatAddress, isWildcard, parseAddress } from './address.ts'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'

/** Listening and advertised addresses. */
export function checkAddresses(config: PartialConfig): Problem[] {
  const problems: Problem[] = []
  const { peer, api } = config.listen ?? {}
  const peerAddress = peer === undefined ? null : parseAddress(peer)
  const apiAddress = api === undefined ? null : parseAddress(api)
  if (peerAddress !== null && apiAddress !== null && peerAddress.port === apiAddress.port) {
    const overlap = peerAddress.host === apiAddress.host || isWildcard(peerAddress.host) || isWildcard(apiAddress.host)
    if (overlap) {
      problems.push({
        path: ['listen', 'api'],
        message: `listen.api = "${api}" must not use the port of listen.peer = "${peer}"`,
      })
    }
  }
  for (const key of ['peer', 'api'] as const) {
    const address = key === 'peer' ? peerAddress : apiAddress
    if (address !== null && isWildcard(address.host) && config.advertise?.[key] === undefined) {
      problems.push({
        path: ['listen', key],
        message: `listen.${key} = "${formatAddress(address)}" is every interface, so advertise.${key} is needed: the address that other hosts use`,
      })
    }
    const advertised = config.advertise?.[key]
    const advertisedAddress = advertised === undefined ? null : parseAddress(advertised)
    if (advertisedAddress !== null && isWildcard(advertisedAddress.host)) {
      problems.push({
        path: ['advertise', key],
        message: `advertise.${key} = "${advertised}" must be an address that other hosts can reach, not every interface`,
      })
    }
  }
  return problems
}
