/** A mutant report for people. */
import type { MutantReport } from './run-mutants.ts'

export function mutantTable({ baseline, mutants, caught, escaped }: MutantReport): string {
  const width = Math.max(...mutants.map(({ name }) => name.length))
  const lines = mutants.map(({ name, by, seeds, events, seconds, assertion }) => {
    const first = assertion === null ? '' : `  (its own assertion: ${assertion.slice(0, 80)})`
    return `${name.padEnd(width)}  ${by ?? 'ESCAPED'}  after ${seeds} seeds, ${events} events, ${seconds} s${first}`
  })
  const broken = baseline.broken.map(({ seed, by }) => `without a defect seed ${seed} breaks: ${by}`)
  const sound = `without a defect ${baseline.seeds} seeds, ${broken.length} of them broken`
  return [...lines, '', ...broken, sound, `${caught} caught, ${escaped.length} escaped`].join('\n')
}
