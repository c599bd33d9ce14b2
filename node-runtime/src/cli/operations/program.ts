/** The commands of operators: what acts on a running cluster through its authentication node (ID7). */
import { type Command, InvalidArgumentError } from 'commander'
import { guarded } from '../command-io.ts'
import { collect } from '../node-urls.ts'
import { addNode, addOperatorTokens } from '../owner-commands.ts'

/** First words of what is registered here. */
export const OPERATIONS = [
  'operator',
  'switchover',
  'failover',
  'pause',
  'resume',
  'evict',
  'clear',
  'node',
  'events',
  'explain',
  'recovery',
  'restore',
]

type Exit = Parameters<Command['exitOverride']>[0]

export function addOperations(program: Command, exit: Exit): void {
  addOperatorTokens(program.command('operator').description('tokens of operators').exitOverride(exit))
  addSwitches(program)
  addNodeActs(program)
  const node = program.command('node').description('nodes: list, certify, revoke, evict, clear').exitOverride(exit)
  addNode(node)
  addNodeActs(node)
  addPause(program)
  addLooks(program)
  addRecovery(
    program.command('recovery').description('a cluster that lost its master and its standby').exitOverride(exit),
  )
  addRestore(program.command('restore').description('a registry that has forgotten something').exitOverride(exit))
}

function asOperator(command: Command): Command {
  return command
    .option('--authority-url <url>', 'address of the authentication node (default: $BATON_AUTHORITY_URL)')
    .option('--token <file>', 'operator token (default: $BATON_OPERATOR_TOKEN_FILE)')
    .option('--json', 'print JSON')
}

function asAct(command: Command): Command {
  return asOperator(command)
    .option('--reason <text>', 'why, for the event log')
    .option('--dry-run', 'say what would happen, and change nothing')
}

const YES = ['--yes', 'do not ask for a confirmation'] as const

function addSwitches(program: Command): void {
  asAct(program.command('switchover'))
    .description('hand the mastership over without loss: no request fails, nobody is barred')
    .argument('<cluster>')
    .option('--to <node>', 'node of the sync set (default: the best)')
    .option('--at <time>', 'a time, or a span from now such as 2h (default: now)')
    .option('--cancel', 'drop the one that is planned')
    .option('--no-wait', 'do not wait until it is done')
    .action(guarded(async (cluster, options) => (await import('./switches.ts')).switchover(cluster, options)))
  asAct(program.command('failover'))
    .description('force the mastership away from the master and bar it; it goes on until another node can take over')
    .argument('<cluster>')
    .option('--no-wait', 'do not wait until it is done')
    .option(...YES)
    .action(guarded(async (cluster, options) => (await import('./switches.ts')).failover(cluster, options)))
}

function addNodeActs(parent: Command): void {
  asAct(parent.command('evict'))
    .description('take a node out for good: never elected until it is cleared')
    .argument('<node>')
    .option(...YES)
    .action(guarded(async (node, options) => (await import('./switches.ts')).evict(node, options)))
  asAct(parent.command('clear'))
    .description('lift the bar on a node')
    .argument('<node>')
    .option(...YES)
    .action(guarded(async (node, options) => (await import('./switches.ts')).clear(node, options)))
}

function addPause(program: Command): void {
  asAct(program.command('pause'))
    .description('for a while no other node becomes master')
    .argument('<cluster>')
    .requiredOption('--for <span>', '90s, 15m, 2h; at most 7d')
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).pause(cluster, options)))
  asAct(program.command('resume'))
    .description('end a pause')
    .argument('<cluster>')
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).resume(cluster, options)))
}

function addLooks(program: Command): void {
  asOperator(program.command('explain'))
    .description('could the cluster fail over right now, to whom, and what is missing')
    .argument('<cluster>')
    .action(guarded(async (cluster, options) => (await import('./look.ts')).explain(cluster, options)))
  asOperator(program.command('events'))
    .description('the event log of a cluster, oldest first')
    .argument('<cluster>')
    .option('--follow', 'go on with new events')
    .option('--after <number>', 'only events after that one', number)
    .action(guarded(async (cluster, options) => (await import('./look.ts')).events(cluster, options)))
}

function addRecovery(recovery: Command): void {
  asAct(recovery.command('confirm-fenced'))
    .description('the hosts of the lost master and standby are switched off or cut off')
    .argument('<cluster>')
    .option(...YES)
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).confirmFenced(cluster, options)))
  asAct(recovery.command('allow-data-loss'))
    .description('a node may take over once with whatever it has')
    .argument('<node>')
    .option(...YES)
    .action(guarded(async (node, options) => (await import('./standing.ts')).allowDataLoss(node, options)))
  asAct(recovery.command('end'))
    .description('end a recovery that waits in vain')
    .argument('<cluster>')
    .option(...YES)
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).endRecovery(cluster, options)))
}

function addRestore(restore: Command): void {
  asAct(restore.command('freeze'))
    .description('nothing is granted or changed until the generation is raised')
    .argument('<cluster>')
    .option(...YES)
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).freeze(cluster, options)))
  asAct(restore.command('raise-generation'))
    .description('begin a new generation from what the members hold')
    .argument('<cluster>')
    .option('--to <generation>', 'default: one more than recorded', number)
    .option('--bar <node>', 'enter this bar again (an evicted node: evict it again first); repeat it', collect)
    .option('--order <node>', 'enter an order against this node again; repeat it', collect)
    .option(...YES)
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).raiseGeneration(cluster, options)))
  asAct(restore.command('accept-incomplete'))
    .description('do not wait for the members that have shown nothing')
    .argument('<cluster>')
    .option(...YES)
    .action(guarded(async (cluster, options) => (await import('./standing.ts')).acceptIncomplete(cluster, options)))
}

function number(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
