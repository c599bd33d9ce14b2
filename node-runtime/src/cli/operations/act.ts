/** One act of an operator, from the command line: looked at first, confirmed when it is dangerous, then done. */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import { BatonError } from '@baton/shared/errors'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { ActAnswer, AuthorityClient } from '../../client/authority-client.ts'
import { print, printJson } from '../command-io.ts'
import { confirm } from './confirm.ts'
import type { OperatorOptions } from './connection.ts'

export interface ActOptions extends OperatorOptions {
  readonly reason?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export interface Act {
  readonly name: OperatorAction['act']
  readonly cluster: string
  readonly fields?: Readonly<Record<string, unknown>>
  /** What will happen, in a sentence; with one, a person must confirm it. */
  readonly danger?: string
  /** What it is about, as the operator has seen it: when that differs by the time it is done, it is refused (RG1). */
  readonly seen?: (state: RegistryView) => unknown
}

/** The registry may change for other reasons between looking and doing. */
const ATTEMPTS = 5

/** Null for a dry run. The authority's answer is printed. @throws BatonError of the authority; BAD_REQUEST when not confirmed */
export async function perform(client: AuthorityClient, act: Act, options: ActOptions): Promise<ActAnswer | null> {
  const { name, cluster, fields = {}, danger, seen } = act
  const why = options.reason ?? `baton ${name}`
  const before = seen === undefined ? null : (await client.status(cluster)).state
  const would = await client.act(cluster, name, { ...fields, why, dryRun: true })
  if (options.dryRun === true) {
    report(would, true, options)
    return null
  }
  if (danger !== undefined) {
    process.stderr.write(`${danger}\n`)
    await confirm(cluster, options.yes)
  }
  for (let attempt = 1; ; attempt += 1) {
    const now = seen === undefined ? null : (await client.status(cluster)).state
    if (before !== null && now !== null && seen?.(now) !== seen?.(before)) {
      throw new BatonError('STALE_VERSION', `${cluster} has changed meanwhile: nothing was done`, {
        remedy: `look at it with: baton explain ${cluster}`,
      })
    }
    try {
      const against = now === null ? {} : { against: now.version }
      const done = await client.act(cluster, name, { ...fields, why, dryRun: false, ...against })
      report(done, false, options)
      return done
    } catch (error) {
      if (!(error instanceof BatonError) || error.code !== 'STALE_VERSION' || attempt === ATTEMPTS) throw error
    }
  }
}

function report({ state, events }: ActAnswer, dryRun: boolean, { json }: ActOptions): void {
  if (json === true) {
    printJson({ dryRun, events, state })
    return
  }
  for (const { event, who, why } of events) print(`${dryRun ? 'would be: ' : ''}${event} (${who}: ${why})`)
  if (state === null) return
  const { cluster, master, syncSet, bars, frozen } = state
  if (typeof frozen === 'string') {
    // What the registry says of master and sync set counts for nothing now (RG8).
    print(`nothing is granted: ${frozen}; what to do says: baton explain ${cluster}`)
    return
  }
  const barred = bars.length === 0 ? '' : `, barred ${bars.join(', ')}`
  print(`master ${master}, sync set ${syncSet.join(', ')}${barred}`)
}
