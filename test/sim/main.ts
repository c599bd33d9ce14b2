/** `npm run sim`: `usage.ts` says what there is. */
import { readArguments, type SimArguments, UsageError } from './arguments.ts'
import { runCampaign } from './campaign.ts'
import { tryAllLinks } from './links/try-all.ts'
import { runMutants, sampleOf } from './mutants/run-mutants.ts'
import { mutantTable } from './mutants/table.ts'
import { seedsOfCommit } from './options.ts'
import { replay } from './replay.ts'
import { commitHash } from './report/commit.ts'
import { tableOf } from './report/table.ts'
import { USAGE } from './usage.ts'

const SEEDS_BY_DEFAULT = 100

try {
  process.exitCode = await main(readArguments(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}; --help prints the usage`)
  process.exitCode = 2
}

/** The exit status. */
async function main(asked: SimArguments): Promise<number> {
  const { mode, first, hours, jobs, overrides, json, corpus } = asked
  const seeds = asked.seeds ?? SEEDS_BY_DEFAULT
  const command = ['npm run sim --', ...process.argv.slice(2)].join(' ')
  switch (mode) {
    case 'help':
      console.log(USAGE)
      return 0
    case 'replay':
      return replay(asked.seed, overrides, json)
    case 'links':
      return tryAllLinks({ every: asked.every, json })
    case 'mutants': {
      const only = asked.only ?? (asked.sample === null ? null : sampleOf(asked.sample))
      const report = await runMutants({ only, jobs, seedsMax: seeds, command })
      console.log(json ? JSON.stringify(report) : mutantTable(report))
      return report.escaped.length + report.baseline.broken.length === 0 ? 0 : 1
    }
    case 'campaign': {
      const from = asked.ofCommit ? seedsOfCommit(commitHash()) : (first ?? 1)
      const twiceEvery = asked.twiceAll ? 1 : 20
      const report = await runCampaign({ first: from, seeds, hours, jobs, overrides, corpus, twiceEvery, command })
      console.log(json ? JSON.stringify(report) : tableOf(report))
      return report.violations.length === 0 ? 0 : 1
    }
  }
}
