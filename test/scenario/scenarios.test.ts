/** Every scenario, run and compared with its text. `SCENARIO_UPDATE=1` writes what happens now: read the difference before you commit it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Stage } from './stage.ts'
import { formatTranscript, parseTranscript } from './transcript.ts'

const FOLDER = import.meta.dirname
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))
const SCENARIOS_MIN = 15

describe('what an operator sees', () => {
  test(`at least ${SCENARIOS_MIN} scenarios are told`, () => {
    expect(FILES.length).toBeGreaterThanOrEqual(SCENARIOS_MIN)
  })

  test.each(FILES)(
    '%s',
    (file) => {
      const text = readFileSync(join(FOLDER, file), 'utf8')
      const { opening, groups } = parseTranscript(text)
      const stage = new Stage()
      const happened = formatTranscript({
        opening,
        groups: groups.map(({ commands }) => ({ commands, output: stage.perform(commands) })),
      })
      if (process.env.SCENARIO_UPDATE === '1') writeFileSync(join(FOLDER, file), happened)
      else expect(happened).toBe(text)
    },
    60_000,
  )
})
