import type { KeyPath } from './lines.ts'
import type { RawConfig } from './schema.ts'

type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
    : T

/** What is left of a configuration when its bad values are taken out: enough to check relations between the good ones. */
export type PartialConfig = DeepPartial<RawConfig>

/** A copy of `input` without the values at `paths`. */
export function without(input: object, paths: readonly KeyPath[]): PartialConfig {
  const copy = structuredClone(input) as Record<string | number, unknown>
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce<unknown>((value, part) => {
      return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined
    }, copy)
    const last = path.at(-1)
    if (last !== undefined && typeof parent === 'object' && parent !== null) {
      delete (parent as Record<string | number, unknown>)[last]
    }
  }
  return copy as PartialConfig
}
