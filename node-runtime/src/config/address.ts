import type { Address } from './types.ts'

/** Reads `host:port`, `[v6]:port`; null when it is neither. Port 1 to 65535. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text)
  if (match === null) return null
  const port = Number(match[3])
  if (port < 1 || port > 65_535) return null
  return { host: (match[1] ?? match[2])!, port }
}

/** The inverse of `parseAddress`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Listening there means on every interface, so that the address means nothing to another host. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
