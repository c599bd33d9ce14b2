/** The commands of scenarios, carried out on a world. Each is a line of plain words. */
import { isLeading } from '@baton/shared/core/node/state'
import { standstill } from '@baton/shared/core/registry/freeze'
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import { type ClusterId, formatToken, type Generation, type NodeId } from '@baton/shared/ids'
import { miscounting } from '../sim/faults/miscounting.ts'
import type { WorldAuthority } from '../support/world/authority.ts'
import { agree, lost, unsettled, violations } from '../support/world/checks.ts'
import type { Host } from '../support/world/host.ts'
import { operate } from '../support/world/recovering.ts'
import { World } from '../support/world/world.ts'
import { Narrator } from './narrator.ts'

/** Says what there is to tell besides the events; most say nothing. */
type Command = (stage: Stage, words: readonly string[]) => unknown

const SETTLE_MS_MAX = 20_000
const AGE_MS = 5_000
const UNTIL_MS_MAX = 90_000
const ANSWER_MS_MAX = 20_000

export class Stage {
  readonly narrator = new Narrator()
  #world: World | null = null
  backup: Registry | null = null
  #submitted = 0
  /** Transactions that clients still wait for. */
  #open: { readonly id: string; readonly resend: () => void }[] = []

  get world(): World {
    if (this.#world === null) throw new Error('the first command makes a network')
    return this.#world
  }

  get authority(): WorldAuthority {
    return this.world.authorities.get('c1' as ClusterId)!
  }

  /** Carries out one group; returns what there is to tell. @throws Error naming a command that makes no sense */
  perform(commands: readonly string[]): readonly string[] {
    const said: string[] = []
    for (const command of commands) {
      const [verb = '', ...words] = command.split(' ')
      const run = COMMANDS[verb]
      if (run === undefined) throw new Error(`no command "${verb}"; there are: ${Object.keys(COMMANDS).join(', ')}`)
      const told = run(this, words)
      if (Array.isArray(told)) said.push(...told)
    }
    return [...this.narrator.take(), ...said]
  }

  /** `words`: `required`, `ring`, and policies as `recover-after 3s`. */
  begin(clusters: number, nodes: number, words: readonly string[]): void {
    const { narrator } = this
    const world = new World({
      clusters,
      nodes,
      durability: words.includes('required') ? 'required' : 'preferred',
      layout: words.includes('ring') ? 'four-company' : 'two-company',
      policy: words.includes('recover-after')
        ? { recoverAfterMs: milliseconds(words[words.indexOf('recover-after') + 1]) }
        : {},
      heartbeatBlockMs: 2_000,
      observer: narrator,
    })
    this.#world = world
    narrator.watch(() => world.now)
    const standbys = (host: Host) => {
      const { role } = host.state.guard
      return role.role === 'leading' ? role.required.syncSet.length : 0
    }
    const whole = () =>
      unsettled(world).length === 0 &&
      world.genesis.clusters.every(({ cluster }) => standbys(world.masterOf(cluster)!) === Math.min(2, nodes))
    if (!world.run(SETTLE_MS_MAX, whole)) throw new Error('the network does not settle')
    // Long enough for the authorities' grace after their own start to be over.
    world.run(AGE_MS)
    narrator.restart()
  }

  operate(action: OperatorAction): void {
    operate(this.world, 'c1', action)
  }

  until(what: string, done: () => boolean, ms = UNTIL_MS_MAX): void {
    const retry = () => {
      for (const { resend } of this.#open) resend()
    }
    const end = this.world.now + ms
    while (!done()) {
      if (this.world.now >= end) throw new Error(`${what}: not within ${ms} ms\n${this.narrator.take().join('\n')}`)
      this.world.run(Math.min(500, end - this.world.now), done)
      retry()
    }
  }

  submit(count: number): readonly string[] {
    const first = this.#submitted
    const ids = Array.from({ length: count }, () => {
      this.#submitted += 1
      const signed = this.world.submit([...this.world.hosts.keys()][0]!, `key-${this.#submitted}`)
      this.#open.push({ id: signed.id, resend: () => this.world.resubmit(signed) })
      return signed.id
    })
    this.world.run(ANSWER_MS_MAX, () => ids.every((id) => this.world.acknowledged.has(id)))
    const answered = ids.filter((id) => this.world.acknowledged.has(id)).length
    return [`transactions ${first + 1} to ${first + count}: ${answered} acknowledged`]
  }

  /** Without waiting for an answer. */
  post(count: number): void {
    for (let n = 0; n < count; n++) {
      this.#submitted += 1
      const signed = this.world.submit([...this.world.hosts.keys()][0]!, `key-${this.#submitted}`)
      this.#open.push({ id: signed.id, resend: () => this.world.resubmit(signed) })
    }
  }

  show(cluster: string): readonly string[] {
    const recorded = [`registry: ${recordedIn(this.world.authorities.get(cluster as never)!.state.registry)}`]
    return [...this.world.nodesOf(cluster).map(standing), ...recorded]
  }

  check(): readonly string[] {
    const { world } = this
    this.until('answers to all clients', () => this.#open.every(({ id }) => world.acknowledged.has(id as never)))
    world.run(ANSWER_MS_MAX, () => agree(world))
    const broken = violations(world)
    const missing = lost(world)
    const promise = broken.length === 0 ? 'no promise is broken' : broken.join('\n')
    const kept = missing.length === 0 ? 'every acknowledged transaction is on every live node' : missing.join('\n')
    const chain = agree(world) ? 'all live nodes agree' : 'tips differ'
    return [`${this.#submitted} submitted, ${world.acknowledged.size} acknowledged; ${kept}`, `${promise}; ${chain}`]
  }
}

function recordedIn(registry: Registry): string {
  if (registry.status !== 'founded') return registry.status
  const { master, syncSet, bars, recovery } = registry
  const more = [
    ...(bars.length === 0 ? [] : [`barred ${bars.join(', ')}`]),
    ...(recovery === null ? [] : ['recovering']),
    ...[standstill(registry)].filter((why) => why !== null),
  ]
  return [`epoch ${formatToken(registry)}, master ${master}, sync set ${syncSet.join(', ')}`, ...more].join('; ')
}

function standing({ node, alive, frozen, state }: Host): string {
  const { guard, resync, election } = state
  const what = !alive
    ? 'is down'
    : frozen
      ? 'is frozen'
      : guard.role.role === 'leading'
        ? `is master, epoch ${guard.token.epoch}, needs ${[...guard.role.required.syncSet, ...guard.role.required.pending].join(', ')}`
        : guard.role.role === 'following'
          ? `follows ${guard.role.master}${guard.role.attached ? '' : ', not attached'}`
          : 'is sealed'
  const more = [election.role.r === 'follower' || election.role.r === 'master' ? '' : election.role.r]
  if (alive && resync !== null) more.push(`must re-sync: ${resync}`)
  return `${node} ${[what, ...more.filter((text) => text !== '')].join(', ')}`
}

const milliseconds = (word: string | undefined): number => {
  const match = /^(\d+)(ms|s)$/.exec(word ?? '')
  if (match === null) throw new Error(`"${word}" is no time, as 200ms or 3s`)
  return Number(match[1]) * (match[2] === 's' ? 1_000 : 1)
}

/** Words of each command; `until` waits for a state, `wait` for time. */
const COMMANDS: Readonly<Record<string, Command>> = {
  network: (stage, [clusters, , nodes, , ...more]) => stage.begin(Number(clusters), Number(nodes), more),
  watch(stage, clusters) {
    stage.narrator.watched = new Set(clusters)
  },
  submit: (stage, [count]) => stage.submit(Number(count)),
  post(stage, [count]) {
    stage.post(Number(count))
  },
  kill: (stage, nodes) => each(nodes, (node) => stage.world.kill(node)),
  start: (stage, nodes) => each(nodes, (node) => stage.world.start(node)),
  freeze: (stage, nodes) => each(nodes, (node) => stage.world.freeze(node)),
  thaw: (stage, nodes) => each(nodes, (node) => stage.world.thaw(node)),
  wipe: (stage, nodes) => each(nodes, (node) => stage.world.wipe(node)),
  'kill-site': (stage, [site]) => atSite(stage, site, (node) => stage.world.kill(node)),
  'start-site': (stage, [site]) => atSite(stage, site, (node) => stage.world.start(node)),
  cut: ({ world }, [a = '', b = '']) => (b === 'edge' ? world.cutEdge(a) : world.cut(a, b)),
  clog: ({ world }, [a = '', b = '']) => world.clog(a, b),
  mend: ({ world }, [a = '', b = '']) => (b === 'edge' ? world.mendEdge(a) : world.mend(a, b)),
  edge: ({ world }, [way]) => (way === 'down' ? world.cutEdge() : world.mendEdge()),
  resign(stage, [node = '', , to]) {
    stage.world.host(node).feed({ i: 'resign', to: (to ?? null) as never, leaving: false })
  },
  /** The process stood still for this long: its event loop or its disk. */
  stall(stage, [node = '', time]) {
    stage.world.host(node).feed({ i: 'stalled', ms: milliseconds(time) })
  },
  /** What an operator says to the authority of c1. */
  order: (stage, [node = '']) => stage.operate({ act: 'order', id: `order-1`, node: node as NodeId }),
  /** From now on this node computes wrong results; `repair` puts the program of a dead one right. */
  miscount: ({ world }, [node = '']) => world.miscount(node, miscounting(world.application)),
  repair: ({ world }, [node = '']) => world.repair(node),
  /** Of the registry of c1: kept, and put back, which its operator says first of all. */
  backup(stage) {
    stage.backup = stage.authority.backup()
  },
  restore(stage) {
    if (stage.backup === null) throw new Error('make a backup first')
    stage.authority.restore(stage.backup)
  },
  'raise-generation': (stage, [to]) => {
    stage.operate({ act: 'raise-generation', generation: Number(to) as Generation, bars: [], orders: [] })
  },
  'accept-incomplete-restore': (stage) => stage.operate({ act: 'accept-incomplete-restore' }),
  switchover: (stage, [node = '']) =>
    stage.operate({ act: 'switchover', id: 'switchover-1', to: node as NodeId, at: 0 as never }),
  clear: (stage, [node = '']) => stage.operate({ act: 'clear', node: node as NodeId }),
  pause: (stage, [time]) => stage.operate({ act: 'pause', until: (stage.world.now + milliseconds(time)) as never }),
  resume: (stage) => stage.operate({ act: 'resume' }),
  'end-recovery': (stage) => stage.operate({ act: 'end-recovery' }),
  wait(stage, [time]) {
    stage.world.run(milliseconds(time))
  },
  until(stage, words) {
    const [what = '', ...rest] = words
    const condition = CONDITIONS[what]
    if (condition === undefined) throw new Error(`until what? there are: ${Object.keys(CONDITIONS).join(', ')}`)
    stage.until(words.join(' '), condition(stage, rest))
  },
  show: (stage, [cluster = 'c1']) => stage.show(cluster),
  check: (stage) => stage.check(),
}

const CONDITIONS: Readonly<Record<string, (stage: Stage, words: readonly string[]) => () => boolean>> = {
  /** The bar on this node is lifted. */
  cleared: (stage, [node]) => {
    return () => {
      const { registry } = stage.authority.state
      return registry.status === 'founded' && !registry.bars.includes(node as NodeId)
    }
  },
  /** `epoch 2 [c1]`: a master leads under it. */
  epoch: ({ world }, [epoch, cluster = 'c1']) => {
    return () => world.masterOf(cluster)?.state.guard.token.epoch === Number(epoch)
  },
  /** `sync-set c1-n1 c1-n3`: recorded, known to the master, and nothing more is asked for. */
  'sync-set': ({ world }, nodes) => {
    const wanted = [...nodes].sort().join(' ')
    const { cluster } = world.host(nodes[0] ?? '')
    return () => {
      const { registry } = world.authorities.get(cluster)!.state
      const role = world.masterOf(cluster)?.state.guard.role
      if (registry.status !== 'founded' || role?.role !== 'leading' || role.reshaping !== null) return false
      return [registry.syncSet, role.required.syncSet].every((set) => [...set].sort().join(' ') === wanted)
    }
  },
  /** `recovering c1-n3`: it leads, and has not its predecessor's votes. */
  recovering: ({ world }, [node = '']) => {
    const host = world.host(node)
    return () => isLeading(host.state) && host.state.recovery !== null
  },
  recovered: ({ world }, [node = '']) => {
    const host = world.host(node)
    return () => isLeading(host.state) && host.state.recovery === null
  },
  whole: ({ world }) => {
    return () => unsettled(world).length === 0
  },
}

function each(nodes: readonly string[], act: (node: string) => void): void {
  for (const node of nodes) act(node)
}

function atSite(stage: Stage, site: string | undefined, act: (node: string) => void): void {
  for (const host of stage.world.hosts.values()) if (host.site === site) act(host.node)
}
