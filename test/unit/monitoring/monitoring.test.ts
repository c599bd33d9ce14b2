import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { METRICS } from '../../../node-runtime/src/adapters/metrics/table.ts'
import { CLUSTER_METRICS } from '../../../worker/src/metrics/cluster-metrics.ts'
import { sourceFiles } from '../../tidy/source-files.ts'

const FOLDER = join(import.meta.dirname, '../../../node-runtime/monitoring')
const rules = readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')
const board = JSON.parse(readFileSync(join(FOLDER, 'grafana.json'), 'utf8')) as {
  panels: { title: string; targets: { expr: string }[] }[]
}

/** What a scrape can have: a histogram has three series. */
const EXPORTED = new Set([
  ...Object.keys(CLUSTER_METRICS),
  ...Object.entries(METRICS).flatMap(([name, { type }]) =>
    type === 'histogram' ? ['_bucket', '_count', '_sum'].map((suffix) => `${name}${suffix}`) : [name],
  ),
])

/** Labels by metric; `instance`, `job` and `le` are added by the scrape, `network` and `cluster` by the authority. */
const ADDED = ['instance', 'job', 'le', 'network', 'cluster']
const LABELS = new Set([
  ...ADDED,
  ...Object.values(METRICS).flatMap(({ labels }) => labels as readonly string[]),
  'code',
  'node',
  'session',
])

const exprs = [
  ...[...rules.matchAll(/^\s+expr: (.+)$/gm)].map((match) => match[1]!),
  ...board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
]

describe('the files for Prometheus and Grafana', () => {
  test('[RG11] name only metrics that nodes or the authority export', () => {
    const named = exprs.flatMap((expr) => [...expr.matchAll(/\bbaton_[a-z_]+\b/g)].map((match) => match[0]))
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((name) => !EXPORTED.has(name))).toEqual([])
  })

  test('name only labels that exist', () => {
    const named = exprs.flatMap((expr) => [
      ...[...expr.matchAll(/by \(([^)]+)\)/g)].flatMap((match) => match[1]!.split(',').map((label) => label.trim())),
      ...[...expr.matchAll(/[{,]\s*([a-z_]+)\s*=/g)].map((match) => match[1]!),
    ])
    const inTexts = [...rules.matchAll(/\$labels\.([a-z_]+)/g)].map((match) => match[1]!)
    expect([...named, ...inTexts].filter((label) => !LABELS.has(label))).toEqual([])
  })

  test('every rule says how bad it is, what is the matter and what to do', () => {
    const parts = rules.split(/^ {6}- alert: /m).slice(1)
    expect(parts.length).toBeGreaterThan(12)
    for (const part of parts) {
      const name = part.split('\n')[0]
      expect(part, name).toMatch(/\n {8}expr: \S/)
      expect(part, name).toMatch(/\n {8}labels: \{ severity: (page|warn) \}/)
      expect(part, name).toMatch(/\n {10}summary: "[^"]+"/)
      expect(part, name).toMatch(/\n {10}remedy: "[^"]+"/)
    }
  })
})

test('every metric of a node that is exported is also measured', () => {
  const source = sourceFiles('node-runtime/src', /\.ts$/)
    .filter(({ path }) => !path.endsWith('metrics/table.ts'))
    .map(({ text }) => text)
    .join('\n')
  expect(Object.keys(METRICS).filter((name) => !source.includes(`'${name}'`))).toEqual([])
})
