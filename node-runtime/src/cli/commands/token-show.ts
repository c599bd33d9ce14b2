import { readJoinToken } from '@baton/shared/crypto/join-token-text'
import { BatonError } from '@baton/shared/errors'
import { type OutputOptions, print, printJson } from '../command-io.ts'

/** Verifies nothing: that needs genesis. @throws BatonError TOKEN_INVALID */
export async function tokenShow(text: string, { json }: OutputOptions): Promise<void> {
  const read = await readJoinToken(text)
  if (!read.ok) throw new BatonError(read.code, read.why)
  const { token, authority, genesis } = read.value
  const { network, cluster, id, uses, site = null, node = null } = token
  const expiresAt = new Date(token.expiresAt).toISOString()
  const shown = { network, cluster, site, node, id, uses, expiresAt, authority, genesis }
  if (json) return printJson(shown)
  for (const [name, value] of Object.entries(shown)) print(`${name.padEnd(10)} ${value ?? 'any'}`)
}
