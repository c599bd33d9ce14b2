/** The files that a configuration names: there, readable, and of this node. Signatures are checked by the daemon. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import { reasonOf } from './genesis-file.ts'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'
import { APPLICATION_FILE } from './schema.ts'

/**
 * `there`: key and certificate must be. `to-come`: for a command that puts them there, on a host that has lost them; what is there must still be
 * sound.
 */
export type IdentityFiles = 'there' | 'to-come'

/** @param resolvePath makes a path of the file absolute */
export function checkFiles(
  config: PartialConfig,
  network: string | null,
  resolvePath: (path: string) => string,
  identity: IdentityFiles,
): Problem[] {
  const problems: Problem[] = []
  const isAwaited = (path: string) => identity === 'to-come' && !existsSync(resolvePath(path))
  if (config.key !== undefined && !isAwaited(config.key)) {
    problems.push(...checkSecret(['key'], config.key, 'a private key', resolvePath))
  }
  const secret = config.alerts?.secret
  if (secret !== undefined) {
    const found = checkSecret(['alerts', 'secret'], secret, 'a shared secret', resolvePath)
    problems.push(...found, ...(found.length > 0 ? [] : checkLength(secret, resolvePath(secret))))
  }
  if (config.application !== undefined && APPLICATION_FILE.test(config.application)) {
    const file = resolvePath(config.application)
    const reason = unreadable(file)
    if (reason !== null) {
      const message = `application = "${config.application}" cannot be read: ${reason} (${file})`
      problems.push({ path: ['application'], message })
    }
  }
  if (config.certificate !== undefined && !isAwaited(config.certificate)) {
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

function checkSecret(
  path: Problem['path'],
  named: string,
  what: string,
  resolvePath: (path: string) => string,
): readonly Problem[] {
  const file = resolvePath(named)
  const key = path.at(-1)
  const reason = unreadable(file)
  if (reason !== null) return [{ path, message: `${key} = "${named}" cannot be read: ${reason} (${file})` }]
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return []
  const mode = (statSync(file).mode & 0o777).toString(8)
  const message = `${key} = "${named}" has mode ${mode}, but ${what} must be readable by its owner only: chmod 600 ${file}`
  return [{ path, message }]
}

/** Shorter ones are guessed. */
const WEBHOOK_SECRET_CHARACTERS_MIN = 16

function checkLength(named: string, file: string): readonly Problem[] {
  const { length } = readFileSync(file, 'utf8').trim()
  if (length >= WEBHOOK_SECRET_CHARACTERS_MIN) return []
  const message = `secret = "${named}" holds ${length} characters, at least ${WEBHOOK_SECRET_CHARACTERS_MIN} are needed`
  return [{ path: ['alerts', 'secret'], message }]
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
