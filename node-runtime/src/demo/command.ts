import { type Command, Option } from 'commander'
import { guarded, list } from '../cli/command-io.ts'
import { CASES } from './cases/index.ts'
import type { DemoOptions } from './run-demo.ts'

/** `baton demo`: what `npm start` runs. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('run a whole network on this machine: four clusters of three nodes on two sites')
    .option('--once', 'run the scenario, check everything and exit: 0 only when the verdict is true')
    .option('--json', 'with --once: the last line is the result as one JSON object')
    .option('--keep', 'keep the data folder')
    .option(
      '--majority <clusters>',
      'with commas, or all: these keep their registry themselves, without the control plane',
      list,
    )
    .option('--input <file>', 'transactions to submit, one JSON action a line; - is standard input')
    .addOption(
      new Option('--case <name>', 'with --once: run this case; repeat it for more').argParser(
        (name: string, earlier: string[] | undefined) => [...(earlier ?? []), name],
      ),
    )
    .addHelpText('after', `\nCases:\n${CASES.map(caseLine).join('\n')}\n`)
    .action(guarded(async (options: DemoOptions) => (await import('./run-demo.ts')).runDemo(options)))
}

function caseLine({ name, summary, kind }: (typeof CASES)[number]): string {
  return `  ${name.padEnd(26)}${summary}${kind === 'default' ? ' (default)' : ''}`
}
