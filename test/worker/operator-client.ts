/** An operator of a cluster: real tokens, signed by the owner, and calls with them. */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { OperatorRole, OperatorToken } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { keyOf, NETWORK } from './network.ts'
import { clusterUrl, get } from './test-node.ts'

export async function operatorToken(
  cluster: ClusterId,
  role: OperatorRole,
  overrides: Partial<OperatorToken> = {},
  signer = `owner ${overrides.cluster ?? cluster}`,
): Promise<Jws> {
  const payload: OperatorToken = {
    network: NETWORK,
    cluster,
    name: `ann the ${role}`,
    role,
    id: `token of ${role}`.replaceAll(' ', '-'),
    issuedAt: 0 as UnixMs,
    expiresAt: 4_102_444_800_000 as UnixMs,
    ...overrides,
  }
  return signStatement('operatorToken', payload, (await keyOf(signer)).privateKey)
}

/** A body of each act that the schema lets through. */
export const ACT_BODIES: { readonly [Name in OperatorAction['act']]: object } = {
  order: { id: 'o-1', node: 'c1-a' },
  evict: { id: 'o-1', node: 'c1-a' },
  clear: { node: 'c1-a' },
  switchover: { id: 's-1' },
  'cancel-switchover': {},
  pause: { forMs: 60_000 },
  resume: {},
  'confirm-fenced': {},
  'allow-data-loss': { node: 'c1-a' },
  'end-recovery': {},
  freeze: {},
  'raise-generation': { generation: 1 },
  'accept-incomplete-restore': {},
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` }
}

/** Reads as a viewer. */
export async function view(cluster: ClusterId, rest: string): Promise<Response> {
  return get(clusterUrl(cluster, rest), { headers: bearer(await operatorToken(cluster, 'viewer')) })
}

export async function act(
  cluster: ClusterId,
  name: string,
  body: object = {},
  token?: string | null,
): Promise<Response> {
  const given = token === undefined ? await operatorToken(cluster, 'owner') : token
  return get(clusterUrl(cluster, `/acts/${name}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(given === null ? {} : bearer(given)) },
    body: JSON.stringify({ why: 'a test', ...body }),
  })
}

export interface LoggedEvent {
  readonly event: string
  readonly who: string
  readonly why: string
  readonly code: string | null
  readonly evidence: object | null
}

export async function eventsOf(cluster: ClusterId): Promise<readonly LoggedEvent[]> {
  const page = await (await view(cluster, '/events')).json<{ events: { event: LoggedEvent }[] }>()
  return page.events.map(({ event }) => event)
}
