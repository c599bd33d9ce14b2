/**
 * `npm run sim`: runs seeds of the simulator, the corpus first, and reports what broke.
 *
 *     npm run sim -- --seeds 1000 --first 1 --json
 *     npm run sim -- --seed 7                     one seed, with its story
 *     npm run sim -- --hours 8                    as many seeds as fit
 *     npm run sim -- --mutants --json             plants defects, and says which are caught
 *     npm run sim -- --links                      every combination of a cluster's directed links down
 *     npm run sim -- --seeds 40 --network 4x3     the size of the network instead of a drawn one
 *
 * Exit status 1 when anything broke.
 */
import { parseArgs } from 'node:util'
import { type Campaign, runCampaign } from './campaign.ts'
import { tryAllLinks } from './links/try-all.ts'
import { runMutants, sampleOf } from './mutants/run-mutants.ts'
import { mutantTable } from './mutants/table.ts'
import { jobsByDefault, seedsOfCommit } from './options.ts'
import { replay } from './replay.ts'
import { commitHash } from './report/commit.ts'
import { tableOf } from './report/table.ts'
import type { Overrides } from './run/overrides.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    first: { type: 'string' },
    seed: { type: 'string' },
    hours: { type: 'string' },
    jobs: { type: 'string', default: String(jobsByDefault()) },
    json: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    links: { type: 'boolean', default: false },
    sample: { type: 'string' },
    only: { type: 'string' },
    network: { type: 'string' },
    without: { type: 'string' },
    safety: { type: 'string' },
    real: { type: 'boolean', default: false },
    'no-liveness': { type: 'boolean', default: false },
    'no-corpus': { type: 'boolean', default: false },
    'of-commit': { type: 'boolean', default: false },
    'twice-all': { type: 'boolean', default: false },
  },
})

const overrides: Overrides = {
  ...(values.without === undefined ? {} : { without: values.without.split(',') }),
  ...(values.safety === undefined ? {} : { safetyMs: Number(values.safety) }),
  ...(values.network === undefined ? {} : { network: values.network.split('x').map(Number) as [number, number] }),
  ...(values['no-liveness'] ? { liveness: false } : {}),
  ...(values.real ? { real: true } : {}),
}
const jobs = Number(values.jobs)
const command = ['npm run sim --', ...process.argv.slice(2)].join(' ')

if (values.seed !== undefined) process.exitCode = await replay(Number(values.seed), overrides, values.json)
else if (values.links) process.exitCode = tryAllLinks(values.json)
else if (values.mutants) {
  const only = values.only?.split(',') ?? (values.sample === undefined ? null : sampleOf(Number(values.sample)))
  const report = await runMutants({ only, jobs, seedsMax: Number(values.seeds), command })
  console.log(values.json ? JSON.stringify(report) : mutantTable(report))
  process.exitCode = report.escaped.length === 0 ? 0 : 1
} else {
  const campaign: Campaign = {
    first: values['of-commit'] ? seedsOfCommit(commitHash()) : Number(values.first ?? '1'),
    seeds: Number(values.seeds),
    hours: values.hours === undefined ? null : Number(values.hours),
    jobs,
    overrides,
    corpus: !values['no-corpus'],
    twiceEvery: values['twice-all'] ? 1 : 20,
    command,
  }
  const report = await runCampaign(campaign)
  console.log(values.json ? JSON.stringify(report) : tableOf(report))
  process.exitCode = report.violations.length === 0 ? 0 : 1
}
