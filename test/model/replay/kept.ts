/** Traces as `traces/` keeps them: of each state only what the step to it changed. */
import { key, type SpecState, type Trace } from './itf.ts'

type Part = Pick<SpecState, 'views' | 'hosts' | 'requests' | 'online'>
type Change = { readonly last: Trace['states'][number]['last'] } & Partial<Part>

export function keep({ states }: Trace): string {
  const changes = states.map(({ s, last }, at): Change => {
    const before = states[at - 1]?.s
    return { last, ...changed(before, s), hosts: changed(before?.hosts, s.hosts) as SpecState['hosts'] }
  })
  return `${changes.map((change) => JSON.stringify(change)).join('\n')}\n`
}

export function kept(text: string): Trace {
  let s: Part = { views: [], hosts: {}, requests: [], online: [] }
  const states = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { last, ...change } = JSON.parse(line) as Change
      s = { ...s, ...change, hosts: { ...s.hosts, ...change.hosts } }
      return { s, last }
    })
  return { states }
}

const KEPT = ['views', 'requests', 'online']

function changed(before: object | undefined, after: object): object {
  const fields = Object.entries(after).filter(([name, value]) => {
    const counts = 'hosts' in after ? KEPT.includes(name) : true
    return counts && key((before as Record<string, unknown> | undefined)?.[name]) !== key(value)
  })
  return Object.fromEntries(fields)
}
