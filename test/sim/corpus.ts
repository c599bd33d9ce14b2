/** Runs that once failed, each with its story: run first, always. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunSpec } from './run/spec.ts'

export interface CorpusEntry {
  readonly name: string
  /** What broke, why, and how it was mended. */
  readonly story: string
  readonly broke: string
  readonly spec: RunSpec
}

const FOLDER = join(import.meta.dirname, 'corpus')

export function readCorpus(): readonly CorpusEntry[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, ...(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Omit<CorpusEntry, 'name'>) }))
}
