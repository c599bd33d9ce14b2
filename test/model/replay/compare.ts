/** What a replay found: whether a state of the spec and one of the real machines are the same. */
import { key } from './itf.ts'

export interface Replayed {
  /** Steps after which the states were compared, the first state included. */
  readonly steps: number
  /** Null when all were equal; else where and how they differ, both sides in full. */
  readonly difference: string | null
}

/** Null when they are equal; else the paths at which they differ, then both. */
export function difference(spec: unknown, real: unknown): string | null {
  if (key(spec) === key(real)) return null
  return `${differences(spec, real).join('; ')}\nspec ${key(spec)}\nreal ${key(real)}`
}

function differences(spec: unknown, real: unknown, path = ''): readonly string[] {
  if (key(spec) === key(real)) return []
  const deep = typeof spec === 'object' && typeof real === 'object' && spec !== null && real !== null
  if (!deep || Array.isArray(spec) || Array.isArray(real)) return [`${path}: spec ${key(spec)}, real ${key(real)}`]
  const names = new Set([...Object.keys(spec), ...Object.keys(real)])
  return [...names].flatMap((name) =>
    differences((spec as Record<string, unknown>)[name], (real as Record<string, unknown>)[name], `${path}/${name}`),
  )
}
