/** The files that a configuration names: there, readable, and of this node. Signatures are checked by the daemon. */
import { readFileSync, statSync } from 'node:fs'
import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import { reasonOf } from './genesis-file.ts'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'

/** @param resolvePath makes a path of the file absolute */
export function checkFiles(
  config: PartialConfig,
  network: string | null,
  resolvePath: (path: string) => string,
): Problem[] {
  const problems: Problem[] = []
  if (config.key !== undefined) {
    const file = resolvePath(config.key)
    const reason = unreadable(file)
    if (reason !== null)
      problems.push({ path: ['key'], message: `key = "${config.key}" cannot be read: ${reason} (${file})` })
    else if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
      const mode = (statSync(file).mode & 0o777).toString(8)
      problems.push({
        path: ['key'],
        message: `key = "${config.key}" has mode ${mode}, but a private key must be readable by its owner only: chmod 600 ${file}`,
      })
    }
  }
  if (config.certificate !== undefined) {
    const file = resolvePath(config.certificate)
    const reason = unreadable(file)
    if (reason !== null) {
      problems.push({
        path: ['certificate'],
        message: `certificate = "${config.certificate}" cannot be read: ${reason} (${file})`,
      })
    } else problems.push(...checkCertificate(config, network, readFileSync(file, 'utf8')))
  }
  return problems
}

function checkCertificate(config: PartialConfig, network: string | null, jws: string): Problem[] {
  const claims = payloadOf(jws)
  if (claims === null) {
    return [{ path: ['certificate'], message: `certificate = "${config.certificate}" is not a compact JWS` }]
  }
  const expected: [string, string | null | undefined][] = [
    ['node', config.node],
    ['cluster', config.cluster],
    ['site', config.site],
    ['network', network],
  ]
  return expected.flatMap(([field, value]) => {
    if (value === undefined || value === null || claims[field] === value) return []
    const here = field === 'network' ? `genesis has network "${value}"` : `${field} = "${value}"`
    return [
      {
        path: ['certificate'],
        message: `${here}, but the certificate "${config.certificate}" is for ${field} "${claims[field]}"`,
      },
    ]
  })
}

function payloadOf(jws: string): Record<string, unknown> | null {
  const whole = peekCertificate(jws.trim())
  if (whole.ok) return { ...whole.value }
  const parts = jws.trim().split('.')
  if (parts.length !== 3) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function unreadable(file: string): string | null {
  try {
    readFileSync(file)
    return null
  } catch (error) {
    return reasonOf(error)
  }
}
