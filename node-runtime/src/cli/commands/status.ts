import { BatonError } from '@baton/shared/errors'
import { formatToken } from '@baton/shared/ids'
import type { Health, NodeStatus } from '../../api/node-service.ts'
import { BatonClient } from '../../client/baton-client.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { nodeUrls } from '../node-urls.ts'
import { formatTable } from '../table.ts'

export interface StatusOptions extends OutputOptions {
  readonly url?: readonly string[]
}

interface Told {
  readonly url: string
  readonly answer: { readonly status: NodeStatus; readonly health: Health } | null
  readonly why: string
}

const ANSWER_MS = 2_000

/** Asks every node by itself, without retries: it shows what is. @throws BatonError UNREACHABLE after the table */
export async function status({ url, json }: StatusOptions): Promise<void> {
  const told = await Promise.all(nodeUrls(url).map(ask))
  if (json)
    for (const { url, answer, why } of told) printJson(answer === null ? { url, error: why } : { url, ...answer })
  else {
    print(formatTable([HEADING, ...told.map(row)]))
    for (const { answer } of told) {
      // A barred node says why, and what ends it (RG9).
      const why = answer?.health.reasons.find(({ code }) => code === 'quarantined')?.why
      if (why !== undefined) print(`${answer?.status.node}: ${why}`)
    }
  }
  const silent = told.filter(({ answer }) => answer === null)
  if (silent.length > 0) {
    throw new BatonError('UNREACHABLE', silent.map(({ why }) => why).join('; '))
  }
}

async function ask(url: string): Promise<Told> {
  const client = new BatonClient({ urls: [url], attemptMs: ANSWER_MS, retryForMs: 0 })
  try {
    const [status, health] = await Promise.all([client.status(), client.health()])
    return { url, answer: { status, health }, why: '' }
  } catch (error) {
    return { url, answer: null, why: error instanceof Error ? error.message : String(error) }
  } finally {
    await client.close()
  }
}

const HEADING = ['CLUSTER', 'NODE', 'SITE', 'ROLE', 'EPOCH', 'HEIGHT', 'SYNC SET', 'HEALTH']

function row({ url, answer }: Told): string[] {
  if (answer === null) return ['-', url, '-', 'silent', '-', '-', '-', 'no answer']
  const { status, health } = answer
  return [
    status.cluster,
    status.node,
    status.site,
    status.role,
    formatToken(status),
    String(status.height),
    status.syncSet.join(','),
    health.healthy ? 'ok' : health.reasons.map(({ code }) => code).join(','),
  ]
}
