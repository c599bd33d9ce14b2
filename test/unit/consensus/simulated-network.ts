/** Several honest clusters and some Byzantine ones over a network that delays, duplicates, reorders and loses, until it is healed. */
import type { VoteType } from '@baton/shared/core/consensus/messages'
import { proposer } from '@baton/shared/core/consensus/proposer'
import type { ClusterId, Hash } from '@baton/shared/ids'
import { clusterNames, epoch, HEIGHT, round } from './bench.ts'
import type { Random } from './random.ts'
import { isGood, type Message, SimulatedCluster } from './simulated-cluster.ts'

interface Options {
  readonly clusters: number
  readonly byzantine: number
  readonly lockTravels?: boolean
  /** Chance that a message to one receiver is lost, before healing. */
  readonly loss?: number
  readonly switches?: boolean
}

export class SimulatedNetwork {
  readonly clusters: readonly ClusterId[]
  readonly honest: readonly SimulatedCluster[]
  readonly byzantine: readonly ClusterId[]
  readonly proposed = new Set<Hash>()
  switches = 0
  readonly #random: Random
  readonly #options: Options
  readonly #flight: { readonly to: SimulatedCluster; readonly message: Message }[] = []
  /** All that was ever sent, for the repair after healing. */
  readonly #sent: Message[] = []
  #healed = false

  constructor(random: Random, options: Options) {
    this.#random = random
    this.#options = options
    this.clusters = clusterNames(options.clusters)
    const order = [...this.clusters].sort(() => random.next() - 0.5)
    this.byzantine = order.slice(0, options.byzantine)
    const setting = { clusters: this.clusters, lockTravels: options.lockTravels ?? true }
    this.honest = this.clusters
      .filter((id) => !this.byzantine.includes(id))
      .map((id) => new SimulatedCluster(id, setting))
  }

  get decisions(): ReadonlySet<Hash> {
    return new Set(this.honest.flatMap(({ decision }) => (decision === null ? [] : [decision])))
  }

  /** One random event. */
  disturb(): void {
    const random = this.#random
    const cluster = random.pick(this.honest)
    const dice = random.below(100)
    if (dice < 66) this.#deliverOne()
    else if (dice < 84) this.#hold(cluster)
    else if (dice < 88) this.#answerValue(cluster)
    else if (dice < 90) cluster.give({ kind: 'work' })
    else if (dice < 91) cluster.give({ kind: 'suspectProposer', cluster: random.pick(this.clusters) })
    else if (dice < 93) this.#fireOne(cluster)
    else if (dice < 94) this.#switch(cluster)
    else if (dice < 95) for (const message of [...this.#sent]) cluster.give(message)
    else if (this.byzantine.length > 0) this.#lie()
  }

  /** Everything ever sent arrives everywhere, now and then again, and time passes only when nothing is on its way. True when all decided. */
  heal(timeoutsMax: number): boolean {
    this.#healed = true
    for (const cluster of this.honest) cluster.give({ kind: 'work' })
    for (let fired = 0; fired < timeoutsMax; fired += 1) {
      if (fired % 8 === 0) this.#repair()
      this.#settle()
      if (this.honest.every(({ decision }) => decision !== null)) return true
      this.#passTime()
    }
    return false
  }

  #repair(): void {
    for (let index = 0; index < this.#sent.length; index += 1) {
      for (const to of this.honest) to.give(this.#sent[index]!)
    }
  }

  #settle(): void {
    for (let busy = true; busy; ) {
      busy = false
      for (const cluster of this.honest) {
        if (cluster.valuesAsked.length === 0 && !cluster.waitsForDisk) continue
        busy = true
        this.#answerValue(cluster)
        this.#hold(cluster)
      }
    }
  }

  #passTime(): void {
    const timers = this.honest.flatMap((cluster) =>
      [...cluster.timers].map(([name, { due }]) => ({ cluster, name, due })),
    )
    const next = timers.sort((a, b) => a.due - b.due)[0]
    if (next === undefined) return
    for (const cluster of this.honest) cluster.now = Math.max(cluster.now, next.due)
    next.cluster.fire(next.name)
  }

  #deliverOne(): void {
    if (this.#flight.length === 0) return
    const index = this.#random.below(this.#flight.length)
    const { to, message } = this.#flight[index]!
    if (!this.#random.chance(0.1)) this.#flight.splice(index, 1)
    to.give(message)
  }

  #hold(cluster: SimulatedCluster): void {
    for (const message of cluster.hold()) this.#broadcast(message, this.honest)
  }

  #answerValue(cluster: SimulatedCluster): void {
    const at = cluster.valuesAsked.shift()
    if (at === undefined) return
    const block = `good ${cluster.id} ${at} ${cluster.epoch}` as Hash
    cluster.give({ kind: 'value', height: HEIGHT, round: at, block })
  }

  #fireOne(cluster: SimulatedCluster): void {
    const names = [...cluster.timers.keys()]
    if (names.length > 0) cluster.fire(this.#random.pick(names))
  }

  #switch(cluster: SimulatedCluster): void {
    if (this.#options.switches === false) return
    this.switches += 1
    cluster.replaceMaster(this.#random.below(3))
  }

  /** A Byzantine cluster says something to every receiver, and not the same to all. */
  #lie(): void {
    const random = this.#random
    const liar = random.pick(this.byzantine)
    const ahead = random.chance(0.1) ? 1 : 0
    const type: VoteType = random.chance(0.5) ? 'prevote' : 'precommit'
    const proposes = random.chance(0.5)
    const twoFaced = random.chance(0.7)
    const known = [...this.proposed]
    for (const [index, to] of this.honest.entries()) {
      const at = round((to.state.kind === 'running' ? to.state.round : 0) + ahead)
      const signed = { cluster: liar, ...epoch(1), height: HEIGHT, round: at, signature: new Uint8Array(0) }
      // Two-faced liars tell the same receivers the same story, whoever of them speaks.
      const face = `good lie ${at} ${index % 2}` as Hash
      if (proposes && proposer(this.clusters, HEIGHT, at) === liar) {
        const repeats = random.chance(0.3) && known.length > 0
        const other = repeats ? random.pick(known) : (`bad lie ${at}` as Hash)
        const validRound = repeats && at > 0 && !twoFaced ? random.below(at) : -1
        const block = twoFaced ? face : other
        this.#broadcast(
          { kind: 'proposal', proposal: { ...signed, validRound, block }, valid: isGood(block), tokens: [] },
          [to],
        )
        continue
      }
      const other = random.chance(0.3) || known.length === 0 ? null : random.pick(known)
      const block = twoFaced && this.proposed.has(face) ? face : other
      this.#broadcast({ kind: 'vote', vote: { ...signed, type, block } }, [to])
    }
  }

  #broadcast(message: Message, receivers: readonly SimulatedCluster[]): void {
    if (message.kind === 'proposal') this.proposed.add(message.proposal.block)
    this.#sent.push(message)
    for (const to of receivers) {
      if (this.#healed) to.give(message)
      else if (!this.#random.chance(this.#options.loss ?? 0)) this.#flight.push({ to, message })
    }
  }
}
