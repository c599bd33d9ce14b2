import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

/**
 * Compares a value with `test/golden/<name>.json`. These bytes are on disks, in signatures and on links: a difference means that
 * two versions no longer understand each other. Wanted changes: `UPDATE_GOLDEN=1 npx vitest run --project unit`.
 */
export function expectGolden(name: string, actual: unknown): void {
  const file = new URL(`../golden/${name}.json`, import.meta.url)
  const text = `${JSON.stringify(actual, null, 2)}\n`
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text)
  const stored = existsSync(file) ? readFileSync(file, 'utf8') : 'missing'
  expect(text, `${name}.json differs; if the change is wanted: UPDATE_GOLDEN=1 npx vitest run --project unit`).toBe(
    stored,
  )
}
