/** Traces of Quint in the Informal Trace Format, as plain data: integers as numbers, sets as sorted arrays, maps as records. */
export interface Trace {
  readonly states: readonly { readonly s: SpecState; readonly last: SpecStep }[]
}

export interface SpecEntry {
  readonly kind: string
  readonly epoch: number
  readonly life: number
  readonly height: number
  readonly value: number
}

export interface SpecView {
  readonly epoch: number
  readonly version: number
  readonly master: string
  readonly life: number
  readonly syncSet: readonly string[]
  readonly recovering: boolean
  readonly lastClean: { readonly epoch: number; readonly syncSet: readonly string[] }
}

export interface SpecRequest {
  readonly kind: string
  readonly epoch: number
  readonly version: number
  readonly node: string
  readonly life: number
  readonly syncSet: readonly string[]
}

export interface SpecHost {
  readonly promised: number
  readonly holder: string
  readonly crossed: number
  readonly log: readonly SpecEntry[]
  readonly synced: number
  readonly required: {
    readonly epoch: number
    readonly version: number
    readonly syncSet: readonly string[]
    readonly pending: readonly string[]
  }
  readonly role: string
  readonly life: number
  readonly known: number
  readonly held: number
  readonly acked: Readonly<Record<string, number>>
  readonly asked: readonly string[]
  readonly suspects: readonly string[]
  readonly handed: readonly string[]
}

/** The part of `State` in `state.qnt` that is compared or needed; the rest of it is there too. */
export interface SpecState {
  readonly views: readonly SpecView[]
  readonly hosts: Readonly<Record<string, SpecHost>>
  readonly requests: readonly SpecRequest[]
  readonly online: readonly string[]
}

export interface SpecStep {
  readonly act: string
  readonly node: string
  readonly peer: string
  readonly number: number
  readonly request: SpecRequest
}

export function readTrace(text: string): Trace {
  return { states: plainStates(text) as Trace['states'] }
}

/** Of any trace: the variables of the spec, state after state. */
export function plainStates(text: string): readonly unknown[] {
  const { states } = JSON.parse(text) as { states: readonly unknown[] }
  return states.map(plain)
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  const tagged = value as Record<string, unknown>
  if ('#bigint' in tagged) return Number(tagged['#bigint'])
  if ('#set' in tagged) return sorted((tagged['#set'] as unknown[]).map(plain))
  if ('#tup' in tagged) return (tagged['#tup'] as unknown[]).map(plain)
  if ('#map' in tagged) return Object.fromEntries((tagged['#map'] as unknown[][]).map((pair) => pair.map(plain)))
  return Object.fromEntries(Object.entries(tagged).map(([key, one]) => [key, plain(one)]))
}

/** Sets have no order: this one makes equal sets equal arrays. */
export function sorted<T>(values: readonly T[]): T[] {
  return [...values].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Independent of the order of fields. */
export function key(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
