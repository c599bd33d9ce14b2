/** Changes to a valid message, as data: one that fast-check has found can be made smaller, whatever it was made to. */
import fc, { type Arbitrary } from 'fast-check'

const OPERATIONS = ['replace', 'remove', 'nudge', 'repeat', 'wrap'] as const

export interface Mutation {
  readonly op: (typeof OPERATIONS)[number]
  /** Which place, counted over all of them and around. */
  readonly at: number
  readonly with: unknown
}

/** What schemas and codecs are most likely to have forgotten. */
const NASTY: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308],
  ...['', ' ', 'c1', 'c2', 'c1-b', 'a.b.c', '__proto__', '\u0000', '\ud800', 'ß€😀', 'x'.repeat(3_000)],
  ...[[], {}, [[]], { t: 'hello' }, [null], { kind: 'own' }],
]

export const mutation: Arbitrary<Mutation> = fc.record({
  op: fc.constantFrom(...OPERATIONS),
  at: fc.nat(10_000),
  with: fc.constantFrom(...NASTY),
})

/** One, sometimes two or three. */
export const mutations: Arbitrary<readonly Mutation[]> = fc.array(mutation, { minLength: 1, maxLength: 3 })

type Tree = unknown
type Path = readonly (string | number)[]

/** Plain data: objects, lists, bytes, and what JSON has. The original is left alone. */
export function mutateTree(value: Tree, changes: readonly Mutation[]): Tree {
  let changed = value
  for (const change of changes) {
    const places = placesIn(changed)
    changed = changedAt(changed, places[change.at % places.length]!, change)
  }
  return changed
}

export function mutateBytes(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  let changed: readonly number[] = [...bytes]
  for (const { op, at, with: by } of changes) {
    const place = at % Math.max(1, changed.length)
    if (op === 'replace') changed = changed.toSpliced(place, 1, typeof by === 'number' ? Math.trunc(by) & 0xff : 0xff)
    else if (op === 'nudge') changed = changed.toSpliced(place, 1, (changed[place] ?? 0) ^ (1 << (at % 8)))
    else if (op === 'remove') changed = changed.slice(0, place)
    else if (op === 'repeat') changed = [...changed, ...changed.slice(place)]
    else changed = [...changed.slice(0, place), 0x81, ...changed.slice(place)]
  }
  return Uint8Array.from(changed)
}

export function mutateText(text: string, changes: readonly Mutation[]): string {
  let changed = text
  for (const { op, at, with: by } of changes) {
    const place = at % Math.max(1, changed.length)
    const [head, tail] = [changed.slice(0, place), changed.slice(place)]
    const other = String.fromCharCode(33 + (((tail.charCodeAt(0) || 33) - 33 + 1 + (at % 90)) % 93))
    if (op === 'replace') changed = `${head}${typeof by === 'string' ? by : JSON.stringify(by)}${tail.slice(1)}`
    else if (op === 'nudge') changed = `${head}${other}${tail.slice(1)}`
    else if (op === 'remove') changed = head
    else if (op === 'repeat') changed = `${changed}${tail}`
    else changed = `[${changed}]`
  }
  return changed
}

/** Other values of their kind take the places of leaves: what comes of it mostly reads, and is not true. */
export function exchangeLeaves(value: Tree, changes: readonly Mutation[]): Tree {
  let changed = value
  for (const { at } of changes) {
    const leaves = leavesIn(changed)
    const chosen = leaves[at % Math.max(1, leaves.length)]
    if (chosen === undefined) continue
    const others = othersFor(chosen, leaves)
    changed = replacedAt(changed, chosen, others[Math.floor(at / leaves.length) % others.length])
  }
  return changed
}

/** Everything that `exchangeLeaves` makes of it by one change. */
export function everyExchange(value: Tree): readonly Tree[] {
  const leaves = leavesIn(value)
  return leaves.flatMap((leaf) => othersFor(leaf, leaves).map((other) => replacedAt(value, leaf, other)))
}

interface Leaf {
  readonly path: Path
  readonly leaf: Tree
}

function leavesIn(value: Tree): readonly Leaf[] {
  return placesIn(value).flatMap((path) => {
    const leaf = valueAt(value, path)
    return isLeaf(leaf) ? [{ path, leaf }] : []
  })
}

export function replacedAt(value: Tree, { path }: { readonly path: Path }, by: Tree): Tree {
  return changedAt(value, path, { op: 'replace', at: 0, with: by })
}

type JsonWay = 'text' | 'tree' | 'leaves'

/** Where JSON is spoilt: mostly so that it reads. */
export const jsonWay: Arbitrary<JsonWay> = fc.constantFrom('leaves', 'leaves', 'leaves', 'tree', 'text')

/** The text of the value, spoilt. */
export function mutateJson(value: Tree, way: JsonWay, changes: readonly Mutation[]): string {
  if (way === 'text') return mutateText(JSON.stringify(value), changes)
  return JSON.stringify(way === 'tree' ? mutateTree(value, changes) : exchangeLeaves(value, changes)) ?? ''
}

/** What a schema lets through or has to refuse by itself. */
function othersFor({ leaf }: Leaf, leaves: readonly Leaf[]): readonly Tree[] {
  const alike = leaves.flatMap(({ leaf: other }) =>
    other !== leaf && (leaf === null || typeof other === typeof leaf) ? [other] : [],
  )
  if (typeof leaf === 'number') return [leaf + 1, ...alike, 0, 1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER]
  if (typeof leaf === 'boolean') return [!leaf]
  if (typeof leaf === 'string') return [...alike, '', `${leaf}x`, leaf.slice(0, -1), 'x'.repeat(250)]
  if (leaf instanceof Uint8Array) return [...alike, nudged(leaf, leaf.length - 1), leaf.slice(1), new Uint8Array()]
  return [...alike, 0, 'x', false]
}

function isLeaf(value: Tree): boolean {
  return typeof value !== 'object' || value === null || value instanceof Uint8Array
}

export function valueAt(value: Tree, path: Path): Tree {
  return path.reduce<Tree>((inner, key) => (inner as Record<string | number, Tree>)[key], value)
}

/** Everything in it, itself first, by the keys that lead there. */
export function placesIn(value: Tree, path: Path = []): readonly Path[] {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return [path]
  const inside = Array.isArray(value)
    ? value.map((item, at) => placesIn(item, [...path, at]))
    : Object.entries(value).map(([key, item]) => placesIn(item, [...path, key]))
  return [path, ...inside.flat()]
}

function changedAt(value: Tree, [key, ...rest]: Path, change: Mutation): Tree {
  if (key === undefined) return changedLeaf(value, change)
  if (Array.isArray(value)) {
    const at = key as number
    if (rest.length > 0) return value.with(at, changedAt(value[at], rest, change))
    if (change.op === 'remove') return value.toSpliced(at, 1)
    if (change.op === 'repeat') return value.toSpliced(at, 0, value[at])
    return value.with(at, changedLeaf(value[at], change))
  }
  const object = value as Record<string, unknown>
  if (rest.length === 0 && change.op === 'remove') {
    const { [key]: _, ...without } = object
    return without
  }
  return { ...object, [key]: changedAt(object[key], rest, change) }
}

function changedLeaf(value: Tree, { op, at, with: by }: Mutation): Tree {
  if (op === 'wrap') return [value]
  if (op === 'nudge') return nudged(value, at)
  if (op === 'repeat' && typeof value === 'string') return value + value
  return by
}

function nudged(value: Tree, at: number): Tree {
  if (typeof value === 'number') return value + (at % 2 === 0 ? 1 : -1)
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string') return mutateText(value, [{ op: 'nudge', at, with: null }])
  if (value instanceof Uint8Array)
    return value.length === 0 ? Uint8Array.of(0) : mutateBytes(value, [{ op: 'nudge', at, with: null }])
  if (Array.isArray(value)) return value.toReversed()
  return value === null ? 0 : {}
}
