/** A mutant report for people. */
import type { MutantReport } from './run-mutants.ts'

export function mutantTable({ mutants, caught, escaped }: MutantReport): string {
  const width = Math.max(...mutants.map(({ name }) => name.length))
  const lines = mutants.map(({ name, by, seeds, events, seconds, assertion }) => {
    const first = assertion === null ? '' : `  (its own assertion: ${assertion.slice(0, 80)})`
    return `${name.padEnd(width)}  ${by ?? 'ESCAPED'}  after ${seeds} seeds, ${events} events, ${seconds} s${first}`
  })
  return [...lines, '', `${caught} caught, ${escaped.length} escaped`].join('\n')
}
