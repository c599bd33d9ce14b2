/** One seed in this process, with everything that happened. */
import { type Overrides, specOf } from './run/overrides.ts'
import { run } from './run/run.ts'

/** The exit status. */
export async function replay(seed: number, overrides: Overrides, json: boolean): Promise<number> {
  const spec = specOf(seed, overrides)
  const result = run(spec)
  if (json) console.log(JSON.stringify({ spec, ...result }))
  else {
    console.log(JSON.stringify(spec))
    console.log([...result.story, ...result.violations, result.world].join('\n'))
    console.log(`${result.events} events, hash ${result.hash}, ${result.violations.length} violations`)
  }
  return result.violations.length === 0 ? 0 : 1
}
