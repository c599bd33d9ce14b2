/** The commands of scenarios, carried out on a world. Each is a line of plain words. */
import { agree, lost, unsettled, violations } from '../support/world/checks.ts'
import type { Host } from '../support/world/host.ts'
import { World } from '../support/world/world.ts'
import { Narrator } from './narrator.ts'

type Command = (stage: Stage, words: readonly string[]) => readonly string[] | void

const SETTLE_MS_MAX = 20_000
const AGE_MS = 5_000
const UNTIL_MS_MAX = 90_000
const ANSWER_MS_MAX = 20_000

export class Stage {
  readonly narrator = new Narrator()
  #world: World | null = null
  #submitted = 0
  /** Transactions that clients still wait for. */
  #open: { readonly id: string; readonly resend: () => void }[] = []

  get world(): World {
    if (this.#world === null) throw new Error('the first command makes a network')
    return this.#world
  }

  /** Carries out one group; returns what there is to tell. @throws Error naming a command that makes no sense */
  perform(commands: readonly string[]): readonly string[] {
    const said: string[] = []
    for (const command of commands) {
      const [verb = '', ...words] = command.split(' ')
      const run = COMMANDS[verb]
      if (run === undefined) throw new Error(`no command "${verb}"; there are: ${Object.keys(COMMANDS).join(', ')}`)
      said.push(...(run(this, words) ?? []))
    }
    return [...this.narrator.take(), ...said]
  }

  begin(clusters: number, nodes: number, durability: 'preferred' | 'required'): void {
    const { narrator } = this
    const world = new World({ clusters, nodes, durability, heartbeatBlockMs: 2_000, observer: narrator })
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
    const registry = this.world.authorities.get(cluster as never)!.state.registry
    const recorded =
      registry.status === 'founded'
        ? [`registry: epoch ${registry.epoch}, master ${registry.master}, sync set ${registry.syncSet.join(', ')}`]
        : [`registry: ${registry.status}`]
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
  network(stage, [clusters, , nodes, , durability]) {
    stage.begin(Number(clusters), Number(nodes), durability === 'required' ? 'required' : 'preferred')
  },
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
    stage.world.feed(stage.world.host(node), { i: 'resign', to: (to ?? null) as never, leaving: false })
  },
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
