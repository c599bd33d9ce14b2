import { Command, type CommanderError, InvalidArgumentError } from 'commander'
import { guarded, list } from './command-io.ts'
import { EXIT_USAGE } from './exit-status.ts'
import { collect, DEFAULT_URL } from './node-urls.ts'
import { addOperations, OPERATIONS } from './operations/program.ts'
import { addAuthority, addJoin, addOwner, addToken } from './owner-commands.ts'
import { VERSION } from './version.ts'

const URL_HELP = `host:port of a node's API; repeat it or use commas (default: $BATON_URL or ${DEFAULT_URL})`

/** @param argv the arguments after the script; the demo's options are loaded only when it or the help is asked for */
export async function buildProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('baton')
    .description('High availability for permissioned blockchains: a member runs a cluster, Baton keeps it online.')
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(see `baton --help`)')
    .exitOverride(exitAsUsage)

  if (![...COMMANDS, ...OPERATIONS].includes(argv[0] ?? '')) {
    const { registerDemo } = await import('../demo/command.ts')
    registerDemo(program)
  }
  addNetwork(program)
  addConfig(program)
  addKey(program)
  addToken(program, exitAsUsage, wholeNumber)
  addJoin(program, wholeNumber)
  addAuthority(program, exitAsUsage)
  addOwner(program, exitAsUsage)
  addRun(program)
  addRebuild(program)
  addStatus(program)
  addSubmit(program)
  addReads(program)
  addOperations(program, exitAsUsage)
  return program
}

/** Commands that need nothing of the demo. */
const COMMANDS = [
  ...['network', 'config', 'key', 'token', 'join', 'authority', 'owner', 'run', 'status', 'submit', 'query', 'block'],
  ...['--version', '-V'],
]

function addNetwork(program: Command): void {
  const network = program.command('network').description('make networks').exitOverride(exitAsUsage)
  network
    .command('init')
    .description('write genesis, keys, and for every node a folder that can be copied to its host')
    .requiredOption('--network <name>', 'name of the network')
    .requiredOption('--out <folder>', 'folder to write into')
    .requiredOption('--authority-url <url>', 'address of the authentication node')
    .option('--layout <name>', 'two-company, four-company or custom', 'two-company')
    .option('--clusters <names>', 'with commas; default c1, c2, …', list)
    .option('--sites <names>', 'with commas; default x,y or w,x,y,z', list)
    .option('--nodes-per-cluster <count>', 'nodes of each cluster', wholeNumber, 3)
    .option('--host <name>', 'host of all nodes, or a template such as {node}.{site}.example.org', '127.0.0.1')
    .option('--base-port <port>', 'first port; each node takes two', wholeNumber, 7100)
    .option('--majority <clusters>', 'with commas, or all: their members keep the registry themselves, for ever', list)
    .option('--preset <name>', 'timings: lan, metro or wan', 'lan')
    .option('--durability <kind>', 'preferred or required', 'preferred')
    .option('--audit <file>', 'how errors of masters count, as JSON: windowMs, threshold, weights, missedInARow')
    .option('--json', 'print what was written as one JSON object')
    .action(guarded(async (options) => (await import('./commands/network-init.ts')).networkInit(options)))
}

function addConfig(program: Command): void {
  program
    .command('config')
    .description('check configurations')
    .command('check')
    .description('check a configuration and the files it names; all problems are listed at once')
    .argument('<file>', 'the TOML file of a node')
    .option('--json', 'print one JSON object')
    .action(guarded(async (file, options) => (await import('./commands/config-check.ts')).configCheck(file, options)))
}

function addKey(program: Command): void {
  const key = program.command('key').description('make and replace keys').exitOverride(exitAsUsage)
  key
    .command('create')
    .description('make an Ed25519 key (mode 0600): for signing transactions, or with --passphrase one of an owner')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--passphrase', 'encrypt it; the passphrase is asked for, or comes from BATON_PASSPHRASE_FILE')
    .option('--json', 'print the public key as one JSON object')
    .action(guarded(async (options) => (await import('./commands/key-create.ts')).keyCreate(options)))
  key
    .command('rotate')
    .description('make the next key of a node beside its present one, for the owner to certify')
    .requiredOption('--config <file>', 'the TOML file of the node')
    .option('--json', 'print the public key as one JSON object')
    .action(guarded(async (options) => (await import('./commands/key-rotate.ts')).keyRotate(options)))
  key
    .command('install')
    .description('put a certificate, and the key that it is for, in their places; stop the node first')
    .requiredOption('--config <file>', 'the TOML file of the node')
    .requiredOption('--certificate <file>', 'what `baton node certify` wrote')
    .option('--notices <file>', 'what `baton node replace-key` or `baton owner changes` wrote: the node takes it along')
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/key-rotate.ts')).keyInstall(options)))
}

function addRun(program: Command): void {
  program
    .command('run')
    .description('run a node; SIGTERM hands the mastership over and stops, a second one stops at once')
    .requiredOption('--config <file>', 'the TOML file of the node')
    .action(guarded(async (options) => (await import('./commands/run.ts')).run(options)))
}

function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('make a node that computed something else than the network execute every block anew; stop it first')
    .requiredOption('--config <file>', 'the TOML file of the node')
    .option('--yes', 'do it without asking')
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/rebuild.ts')).rebuild(options)))
}

function addStatus(program: Command): void {
  program
    .command('status')
    .description('show role, epoch, height and health of nodes')
    .option('--url <address>', URL_HELP, collect)
    .option('--json', 'print one JSON object for each node')
    .action(guarded(async (options) => (await import('./commands/status.ts')).status(options)))
}

function addSubmit(program: Command): void {
  program
    .command('submit')
    .description('submit transactions, one JSON object a line, and wait until each is held')
    .argument('<file>', 'JSONL file, or - for standard input')
    .option('--url <address>', URL_HELP, collect)
    .option('--key <file>', 'private key that signs the actions (JWK or PEM)')
    .option('--concurrency <count>', 'transactions under way at once', wholeNumber, 64)
    .option('--resume <file>', 'progress file (default: FILE.progress; none for standard input)')
    .option('--restart', 'forget the progress file and submit every line as a new transaction')
    .option('--retry-for <seconds>', 'how long to try for one transaction', wholeNumber, 60)
    .option('--json', 'print one result line for each transaction')
    .action(guarded(async (file, options) => (await import('./commands/submit.ts')).submit(file, options)))
}

function addReads(program: Command): void {
  program
    .command('query')
    .description('read the state: record KEY, history KEY, account PUBLIC-KEY, minter PUBLIC-KEY')
    .argument('<kind>', 'record, history, account or minter')
    .argument('<key>')
    .option('--url <address>', URL_HELP, collect)
    .option('--json', 'print the whole answer with its proof')
    .action(guarded(async (kind, key, options) => (await import('./commands/query.ts')).query(kind, key, options)))
  program
    .command('block')
    .description('read a block')
    .argument('<height>', 'a height, or latest')
    .option('--url <address>', URL_HELP, collect)
    .option('--json', 'print the whole block')
    .action(guarded(async (height, options) => (await import('./commands/block.ts')).block(height, options)))
}

function exitAsUsage(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}
