/**
 * One node as the control plane sees it: the link, the poll and the rates of the real node, and its signed statements. Behind them is no
 * chain: heights and logs grow with the clock.
 */
import { FOLLOWER_REPORT_MS } from '@baton/shared/core/election/reporting'
import { gatherForMs, reportEveryMs } from '@baton/shared/core/node/reporting'
import { signStatement } from '@baton/shared/crypto/statements'
import type { GenesisCluster } from '@baton/shared/genesis'
import type { ClusterId, Epoch, Hash, LogIndex } from '@baton/shared/ids'
import type { ControlLink, ControlReply } from '@baton/shared/ports/control-link'
import { type RegistryView, SHOWN_SINCE } from '@baton/shared/protocol/control'
import { systemClock } from '../../../node-runtime/src/adapters/clock.ts'
import { controlLink } from '../../../node-runtime/src/adapters/control-link.ts'
import { masterPoll } from '../../../node-runtime/src/daemon/master-poll.ts'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import type { Identity } from './network.ts'

/** A chain that is never idle: the directory is told of so many heights in a second, and logs grow. */
const HEIGHTS_PER_SECOND = 1
const STATE_MS_MAX = 120_000
/** Every cluster computes the same. */
const BLOCK = 'a'.repeat(64) as Hash

export class RegistryNode {
  readonly identity: Identity
  state: RegistryView | null = null
  /** Sessions opened, the first included. */
  sessions = 0
  heard = 0
  readonly #cluster: GenesisCluster
  /** All other clusters of the network. */
  readonly #others: readonly ClusterId[]
  readonly #link: ControlLink
  readonly #poll: ReturnType<typeof masterPoll>
  readonly #timers = new Map<string, NodeJS.Timeout>()
  #report = 0
  #reportedHeight = 0
  #reportedAt = 0
  /** A master that has resigned writes nothing more, so its heir's log stands still while it claims. */
  #stillAt: LogIndex | null = null

  constructor(identity: Identity, cluster: GenesisCluster, others: readonly ClusterId[], authorityUrl: string) {
    this.identity = identity
    this.#cluster = cluster
    this.#others = others
    const { network, node, certificate, keys } = identity
    const proof = { network, cluster: cluster.cluster, node, priority: 0, noFailover: false }
    this.#link = controlLink({
      authorityUrl,
      clock: systemClock,
      identity: {
        certificate,
        proof: { ...proof, peerAddress: `${node}.example.org:7100`, apiAddress: `${node}.example.org:7101` },
        privateKey: keys.privateKey,
      },
      handler: {
        onUp: ({ state, protocol }) => {
          this.sessions += 1
          if (state !== null) this.#learn(state)
          if (protocol >= SHOWN_SINCE) {
            this.#link.send({
              t: 'shown',
              credential: this.state?.credential ?? null,
              reshape: this.state?.reshape ?? null,
            })
          }
        },
        onDown: () => undefined,
        onState: (state) => this.#learn(state),
        onMasters: () => undefined,
        onSessionClosed: () => undefined,
        onNotices: () => undefined,
        onAsk: () => undefined,
        onForeignSilence: () => undefined,
        onHeard: () => {
          this.heard += 1
        },
        onRefused: (code, why) => console.error(`${node} was refused: ${code} ${why}`),
      },
    })
    this.#poll = masterPoll(this.#link)
  }

  /** Resolves when it has a session and knows a master. It reports from then on. */
  async start(): Promise<void> {
    this.#link.start()
    await waitFor(`a session of ${this.identity.node}`, STATE_MS_MAX, () => this.#link.connected && this.state !== null)
    const { recoverAfterMs } = this.#cluster.policy
    this.#reportedHeight = height()
    this.#reportedAt = performance.now() - Math.random() * gatherForMs(recoverAfterMs)
    this.#repeat(
      'report',
      () => this.#every(),
      () => this.#sendReport(),
    )
    this.#repeat(
      'results',
      () => reportEveryMs(recoverAfterMs),
      () => this.#sendResults(),
    )
  }

  async stop(): Promise<void> {
    this.#poll.stop()
    for (const timer of this.#timers.values()) clearTimeout(timer)
    await this.#link.stop()
  }

  get isMaster(): boolean {
    return this.state?.master === this.identity.node
  }

  get known(): RegistryView {
    if (this.state === null) throw new Error(`${this.identity.node} knows no state`)
    return this.state
  }

  /** The master takes this node into the sync set (RG4). */
  async add(standby: RegistryNode): Promise<void> {
    const { generation, epoch, version } = this.known
    const { network, cluster, node, keys } = this.identity
    const asked = { network, cluster, generation, epoch, version, node, syncSet: [node, standby.identity.node] }
    const reply = await this.#link.request({
      t: 'reshape',
      reshape: await signStatement('reshape', asked, keys.privateKey),
    })
    if (!reply.ok) throw new Error(`${node} was refused its reshape: ${reply.code} ${reply.why}`)
    this.#learn(reply.state)
  }

  /** The master resigns in favour of the standby, which claims. From the sent claim to the signed grant, in ms; `Infinity`: no answer in time. */
  async handOver(standby: RegistryNode): Promise<number> {
    const { generation, epoch } = this.known
    const { network, cluster, node, keys } = this.identity
    const resigned = { network, cluster, generation, epoch, node, to: standby.identity.node }
    const resignation = await signStatement('resignation', resigned, keys.privateKey)
    return standby.#claim({ kind: 'resigned', resignation })
  }

  async #claim(evidence: {
    readonly kind: 'resigned'
    readonly resignation: Awaited<ReturnType<typeof signStatement>>
  }) {
    const { generation, epoch, version } = this.known
    const { network, cluster, node, keys } = this.identity
    const base = { network, cluster, generation, epoch: (epoch + 1) as Epoch, version, node, coming: null }
    this.#stillAt = durableIndex()
    const claim = { ...base, nonce: crypto.randomUUID(), evidence, durableIndex: this.#stillAt }
    const signed = await signStatement('claim', claim, keys.privateKey)
    const start = performance.now()
    const reply: ControlReply = await this.#link.request({ t: 'claim', claim: signed })
    const ms = performance.now() - start
    this.#stillAt = null
    if (!reply.ok && reply.code === 'UNREACHABLE') return Number.POSITIVE_INFINITY
    if (!reply.ok || reply.state.master !== node || reply.state.epoch !== epoch + 1) {
      throw new Error(`${node} was not granted: ${reply.ok ? reply.state.master : `${reply.code} ${reply.why}`}`)
    }
    this.#learn(reply.state)
    return ms
  }

  #learn(state: RegistryView): void {
    if (this.state === null || state.version >= this.state.version) this.state = state
  }

  #every(): number {
    return this.isMaster ? this.#cluster.policy.masterTtlMs / 3 : FOLLOWER_REPORT_MS
  }

  #sendReport(): void {
    const { generation, epoch } = this.known
    this.#report += 1
    this.#link.send({
      t: 'report',
      report: this.#report,
      token: { generation, epoch },
      role: this.isMaster ? 'master' : 'follower',
      stalled: false,
      durableIndex: this.#stillAt ?? durableIndex(),
      height: height(),
      heardMasterMs: this.isMaster ? null : 20,
      heardSyncSetMs: 20,
      complete: true,
    })
  }

  async #sendResults(): Promise<void> {
    // Nothing is ever wrong here: every report waits for its time.
    if (performance.now() - this.#reportedAt < gatherForMs(this.#cluster.policy.recoverAfterMs)) return
    const from = this.#reportedHeight
    this.#reportedHeight = height()
    this.#reportedAt = performance.now()
    if (!this.isMaster) return
    const { generation, epoch } = this.known
    const { network, cluster, node, keys } = this.identity
    const results = Array.from({ length: this.#reportedHeight - from }, (_, at) => {
      return { height: from + at + 1, block: BLOCK, result: BLOCK }
    })
    const heard = this.#others.map((other) => ({ cluster: other, forMs: 100 }))
    const report = { network, cluster, generation, epoch, node, results, missed: [], heard }
    this.#link.send({ t: 'results', report: await signStatement('resultReport', report, keys.privateKey) })
  }

  /** Nodes do not start together: the first time is drawn. Late ones do not add up. */
  #repeat(name: string, everyMs: () => number, act: () => void | Promise<void>): void {
    let due = performance.now() + Math.random() * everyMs()
    const wait = () => this.#timers.set(name, setTimeout(go, Math.max(0, due - performance.now())))
    const go = () => {
      due += everyMs()
      wait()
      void act()
    }
    wait()
  }
}

function height(): number {
  return Math.floor((performance.now() / 1_000) * HEIGHTS_PER_SECOND)
}

function durableIndex(): LogIndex {
  return (height() * 4) as LogIndex
}
