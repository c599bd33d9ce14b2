/** Commands of an owner: they sign with its key, most of them on a machine without a network (ID1–ID3, ID8). */
import { type Command, type CommanderError, InvalidArgumentError } from 'commander'
import { guarded } from './command-io.ts'
import { readDuration } from './duration.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

type Exit = (error: CommanderError) => never

export function addToken(program: Command, exit: Exit, count: (text: string) => number): void {
  const token = program.command('token').description('let new nodes join').exitOverride(exit)
  signed(token.command('create'))
    .description('make a join token, offline: whoever holds it may add nodes to the cluster while it lives')
    .requiredOption('--cluster <name>', 'cluster that the nodes join')
    .requiredOption('--authority-url <url>', 'address of the authentication node')
    .option('--site <name>', 'the only site where they may stand (default: any)')
    .option('--node <name>', 'the only node that may join (default: any new name)')
    .option('--uses <count>', 'how many nodes may join with it', count, 1)
    .option('--expires <time>', 'how long it lives: 30m, 1h, 2d', duration, HOUR_MS)
    .option('--renew-for <time>', 'how long its nodes may renew their certificates', duration, 5 * YEAR_MS)
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/token-create.ts')).tokenCreate(options)))
  token
    .command('show')
    .description('show what a join token says, without its secret')
    .argument('<token>')
    .option('--json', 'print one JSON object')
    .action(guarded(async (text, options) => (await import('./commands/token-show.ts')).tokenShow(text, options)))
}

/** @param node the group of commands about nodes */
export function addNode(node: Command): void {
  node
    .command('list')
    .description('show the nodes of the network: role, site, state, expiry')
    .option('--genesis <file>', 'genesis document of the network', 'genesis.json')
    .requiredOption('--authority-url <url>', 'address of the authentication node')
    .option('--cluster <name>', 'only this cluster')
    .option('--json', 'print one JSON object for each node')
    .action(guarded(async (options) => (await import('./commands/node-list.ts')).nodeList(options)))
  signed(node.command('certify'))
    .description('sign a certificate for a node: of a new key, for another site, or for a longer time')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--certificate <file>', 'certificate of the node so far: what is not said otherwise stays as it says')
    .option('--cluster <name>', 'cluster of the node')
    .option('--node <name>', 'name of the node')
    .option('--site <name>', 'its site')
    .option('--key <key>', 'its public key')
    .option('--valid-for <time>', 'how long the certificate is valid', duration, YEAR_MS)
    .option('--renew-for <time>', 'how long the node may renew it', duration, 5 * YEAR_MS)
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/node-certify.ts')).nodeCertify(options)))
  signed(node.command('rename-site'))
    .description('sign a certificate that says where the node stands now')
    .argument('<site>', 'new name of its site')
    .requiredOption('--certificate <file>', 'certificate of the node so far')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--valid-for <time>', 'how long the certificate is valid', duration, YEAR_MS)
    .option('--renew-for <time>', 'how long the node may renew it', duration, 5 * YEAR_MS)
    .option('--json', 'print one JSON object')
    .action(
      guarded(async (site, options) => (await import('./commands/node-certify.ts')).nodeCertify({ ...options, site })),
    )
  revoking(node.command('revoke'))
    .description('take back the key of a node for ever; with --join-token one of those and all that it certified')
    .argument('[node]', 'name of the node')
    .option('--key <key>', 'its public key (default: asked of the authentication node)')
    .option('--join-token <id>', 'id of a join token instead of a node')
    .action(
      guarded(async (name, options) =>
        (await import('./commands/node-revoke.ts')).nodeRevoke({ ...options, node: name }),
      ),
    )
  announcing(node.command('replace-key'), 'the change')
    .description('give a member that is an arbiter of its cluster another key: its disk or key is lost, or was stolen')
    .argument('<node>', 'name of the member, as genesis has it')
    .requiredOption('--key <key>', 'its new public key, as `baton key rotate` shows it on its host')
    .action(
      guarded(async (name, options) => (await import('./commands/node-replace-key.ts')).nodeReplaceKey(name, options)),
    )
  node
    .command('send')
    .description(
      'send what an owner has signed offline: a revocation, a new key of an owner or an arbiter, its word about the keys of the authority',
    )
    .argument(
      '<file>',
      'what `baton node revoke --out`, `node replace-key --out`, `owner rotate-key` or `authority sign` wrote',
    )
    .option('--genesis <file>', 'genesis document of the network', 'genesis.json')
    .requiredOption('--authority-url <url>', 'address of the authentication node')
    .option('--json', 'print one JSON object')
    .option('--out <file>', 'of a new owner key: file for what was recorded, which later commands need')
    .action(guarded(async (file, options) => (await import('./commands/notice-send.ts')).noticeSend(file, options)))
}

export function addJoin(program: Command, count: (text: string) => number): void {
  program
    .command('join')
    .description('make this host a node of a running network; run again after a crash, it goes on')
    .argument('<token>', 'what `baton token create` printed')
    .requiredOption('--data <folder>', 'folder of the node: key, certificate, configuration, data')
    .requiredOption('--host <name>', 'name or address by which the other hosts reach this one')
    .option('--node <name>', 'name of the new node (default: the one in the token)')
    .option('--site <name>', 'site of this host (default: the one in the token)')
    .option('--base-port <port>', 'port for peers; the next one is for clients', count, 7100)
    .option('--priority <number>', 'EL4: higher stands first among equals', count, 50)
    .option('--json', 'print one JSON object')
    .action(guarded(async (token, options) => (await import('./commands/join.ts')).join(token, options)))
}

export function addAuthority(program: Command, exit: Exit): void {
  const authority = program
    .command('authority')
    .description('replace the key of the authentication node')
    .exitOverride(exit)
  authority
    .command('propose')
    .description('write down which keys of the authority are to count, for the owners to sign')
    .option('--genesis <file>', 'genesis document of the network', 'genesis.json')
    .requiredOption('--sequence <number>', 'number of this change: 1, then one more each time', Number)
    .requiredOption('--keys <keys>', 'public keys that count from now on, with commas', (text) => text.split(','))
    .option('--retire <keys>', 'public keys that grant no more, with commas', (text) => text.split(','))
    .option('--authority-url <url>', 'with --retire: where the highest grants are asked, up to which these keys count')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/authority-keys.ts')).authorityPropose(options)))
  signed(authority.command('sign'))
    .description('agree to a proposal as the owner of a cluster; more than two thirds of the clusters must')
    .argument('<file>', 'what `baton authority propose` wrote')
    .requiredOption('--cluster <name>', 'cluster of this owner')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--json', 'print one JSON object')
    .action(
      guarded(async (file, options) => (await import('./commands/authority-keys.ts')).authoritySign(file, options)),
    )
}

export function addOwner(program: Command, exit: Exit): void {
  const owner = program.command('owner').description('replace the key of an owner').exitOverride(exit)
  addOwnerChanges(owner)
  signed(owner.command('rotate-key'))
    .description(
      'put another owner key in the place of --owner-key; both count in a window; run again after a crash, it goes on',
    )
    .requiredOption('--cluster <name>', 'cluster of this owner')
    .requiredOption('--new-owner-key <file>', 'the key that comes, as `baton key create --passphrase` wrote it')
    .option(
      '--authority-url <url>',
      'address of the authentication node, which records the rotation (default: none; offline, for `baton node send`)',
    )
    .option(
      '--window <time>',
      'how long the old key counts beside the new one: 10m, 2d, 1y',
      duration,
      30 * 24 * HOUR_MS,
    )
    .requiredOption(
      '--out <file>',
      'file for the recorded rotation, which later commands need; lines are added to one that exists. Offline: a new file for what is to be sent',
    )
    .option(
      '--minter-out <file>',
      'also write the transaction by which the new key mints in place of the old one, for `baton submit`',
    )
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/owner-rotate-key.ts')).ownerRotateKey(options)))
}

function addOwnerChanges(owner: Command): void {
  owner
    .command('changes')
    .description('write what owners have said since genesis, for commands on a machine without a network')
    .option('--genesis <file>', 'genesis document of the network', 'genesis.json')
    .requiredOption('--authority-url <url>', 'address of the authentication node')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/owner-changes.ts')).ownerChanges(options)))
}

/** @param operator the group of commands about tokens of operators */
export function addOperatorTokens(operator: Command): void {
  signed(operator.command('create'))
    .description('make an operator token, offline, with the owner key of a cluster')
    .requiredOption('--cluster <name>', 'cluster that it is for')
    .requiredOption('--role <role>', 'viewer, operator or owner')
    .requiredOption('--name <text>', 'who will use it; stands in the events')
    .requiredOption('--expires <when>', 'a span such as 30d, or a time')
    .requiredOption('--out <file>', 'file to write; an existing one is never overwritten')
    .option('--json', 'print one JSON object')
    .action(guarded(async (options) => (await import('./commands/operator-create.ts')).operatorCreate(options)))
  revoking(operator.command('revoke'))
    .description('take back an operator token for ever')
    .argument('<id>', 'id of the token, as `baton operator create` and the events show it')
    .action(guarded(async (id, options) => (await import('./commands/operator-revoke.ts')).operatorRevoke(id, options)))
}

function revoking(command: Command): Command {
  return announcing(command, 'the revocation')
}

/** Options of what an owner says for ever. */
function announcing(command: Command, what: string): Command {
  return signed(command)
    .requiredOption('--cluster <name>', 'its cluster')
    .requiredOption('--reason <text>', 'why; everybody sees it')
    .option('--authority-url <url>', `address of the authentication node: ${what} is sent at once`)
    .option('--out <file>', `write ${what} to a file, to be sent later`)
    .option('--json', 'print one JSON object')
}

function duration(text: string): number {
  const ms = readDuration(text)
  if (ms === null) throw new InvalidArgumentError('It must be a number and a unit, such as 30m, 1h, 2d or 5y.')
  return ms
}

/** Options of every command that an owner signs. */
function signed(command: Command): Command {
  return command
    .option('--genesis <file>', 'genesis document of the network', 'genesis.json')
    .option('--owner-key <file>', 'key of the owner; its passphrase is asked for, or comes from BATON_PASSPHRASE_FILE')
    .option(
      '--signer-command <command>',
      'a command that signs in its place: bytes in, 64-byte signature in base64 out',
    )
    .option('--owner-changes <file>', 'what `baton owner rotate-key` wrote: needed once the key came after genesis')
}
