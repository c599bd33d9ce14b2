import { COMBINATIONS, type Tried, tryLinks } from './every-link.ts'

export interface LinksReport {
  readonly tried: number
  /** By what came of them; `wrong` tells of the rest. */
  readonly master: number
  readonly cutOff: number
  readonly unreachable: number
  readonly wrong: readonly string[]
  readonly seconds: number
  readonly combinationsPerSecond: number
}

/** Tries every combination, or one in `every`; the exit status. */
export function tryAllLinks({ every, json }: { readonly every: number; readonly json: boolean }): number {
  const report = tryAll(every)
  const { tried, master, cutOff, unreachable, wrong, seconds, combinationsPerSecond: pace } = report
  const summary = [
    `${tried} combinations: a master in ${master}; in ${unreachable} no node of the sync set reaches the edge, in ${cutOff} none any more`,
    `${wrong.length} without the master they should have`,
    `${seconds} s, ${pace} combinations a second`,
  ]
  console.log(json ? JSON.stringify(report) : [...wrong, ...summary].join('\n'))
  return wrong.length === 0 ? 0 : 1
}

export function tryAll(every: number): LinksReport {
  const began = performance.now()
  const results: Tried[] = []
  for (let combination = 0; combination < COMBINATIONS; combination += every) results.push(tryLinks(combination))
  const seconds = (performance.now() - began) / 1_000
  const rounded = (value: number) => Number(value.toFixed(1))
  const count = (result: Tried['result']) => results.filter((each) => each.result === result).length
  return {
    tried: results.length,
    master: count('master'),
    cutOff: count('cut off'),
    unreachable: count('unreachable'),
    wrong: results.flatMap((each) => (each.result === 'wrong' ? [each.why] : [])),
    seconds: rounded(seconds),
    combinationsPerSecond: rounded(results.length / seconds),
  }
}
