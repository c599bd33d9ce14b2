/** The result of `npm run model`: for people, line by line as it comes; for machines, as one JSON document. */
import type { Found } from './search/breadth-first.ts'

export interface Check {
  readonly name: string
  readonly passed: boolean
  readonly detail: string
}

export type Searched = Pick<Found, 'states' | 'steps' | 'depth' | 'levels'> & { readonly seconds: number }

export interface Report {
  spec: { samples: number; states: number; seconds: number }
  replay: { traces: number; steps: number; seconds: number }
  search: Searched | null
  /** The same of the register of a majority. */
  registerSearch: Searched | null
  checks: Check[]
}

export class Reporter {
  readonly report: Report = {
    spec: { samples: 0, states: 0, seconds: 0 },
    replay: { traces: 0, steps: 0, seconds: 0 },
    search: null,
    registerSearch: null,
    checks: [],
  }
  readonly #json: boolean

  constructor(json: boolean) {
    this.#json = json
  }

  say(line: string): void {
    if (!this.#json) console.log(line)
  }

  check(name: string, passed: boolean, detail: string): void {
    this.report.checks.push({ name, passed, detail })
    this.say(`${passed ? '✓' : '✗'} ${name}${detail === '' ? '' : `: ${detail}`}`)
  }

  /** The exit status. */
  end(): number {
    const passed = this.report.checks.filter((check) => check.passed).length
    const failed = this.report.checks.length - passed
    if (this.#json) console.log(JSON.stringify({ ...this.report, passed, failed }))
    else console.log(`${passed} passed, ${failed} failed`)
    return failed === 0 && passed > 0 ? 0 : 1
  }
}

export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10
}
