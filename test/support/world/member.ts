/** The arbiter's process at one member of a majority (MJ1): the real machine, its seat on the host's disk, and the driver's order in virtual time. */
import { arbiterStep, NO_SEAT, startArbiter } from '@baton/shared/core/arbiter/machine'
import type { ArbiterInput, ArbiterSend, ArbiterStep } from '@baton/shared/core/arbiter/messages'
import type { ArbiterConfig, ArbiterState, Seat } from '@baton/shared/core/arbiter/types'
import type { UnixMs } from '@baton/shared/ids'
import type { Host } from './host.ts'
import type { Schedule } from './schedule.ts'
import { proveGrant } from './statements.ts'

export interface MemberPorts {
  readonly schedule: Schedule
  readonly commitMs: () => number
  readonly stepped: (member: Member, before: ArbiterState, input: ArbiterInput, step: ArbiterStep) => void
  /** The seat is on disk. */
  readonly kept: (member: Member) => void
  readonly perform: (member: Member, send: ArbiterSend) => void
  readonly failed: (host: Host, error: unknown) => void
  readonly stopped: (host: Host, why: string) => void
}

export class Member {
  readonly host: Host
  readonly config: ArbiterConfig
  /** Null: the process is dead. */
  state: ArbiterState | null = null
  /** On disk. */
  seat: Seat = NO_SEAT
  readonly #ports: MemberPorts
  #life = 0
  #leavesAt = 0
  /** While the process is stopped: what was about to leave, and what comes in. */
  #held: ArbiterStep[] = []
  #paused: ArbiterInput[] = []
  readonly #timers = new Map<string, number>()
  #timerId = 0

  constructor(host: Host, config: ArbiterConfig, ports: MemberPorts) {
    this.host = host
    this.config = config
    this.#ports = ports
  }

  start(): void {
    if (this.state !== null) return
    this.#life += 1
    const { host } = this
    this.state = startArbiter(this.config, this.seat, `${host.node}/${host.life}`, host.clock.now())
  }

  end(): void {
    this.state = null
    this.#life += 1
    this.#leavesAt = 0
    this.#paused = []
    this.#held = []
    this.#timers.clear()
  }

  feed(input: ArbiterInput): void {
    if (this.host.frozen) this.#paused.push(input)
    else this.#step(input)
  }

  thaw(): void {
    for (const step of this.#held.splice(0)) this.#leave(step)
    for (const input of this.#paused.splice(0)) this.feed(input)
  }

  #step(input: ArbiterInput): void {
    const before = this.state
    if (before === null) return
    const { clock } = this.host
    let step: ArbiterStep
    try {
      const prove = proveGrant.bind(null, this.config.cluster, this.config.members)
      step = arbiterStep(before, input, { now: clock.now(), wallClock: clock.wall() as UnixMs, prove })
    } catch (error) {
      this.#ports.failed(this.host, error)
      return
    }
    this.state = step.state
    this.#ports.stepped(this, before, input, step)
    const { schedule, commitMs } = this.#ports
    const ms = step.write.length > 0 ? commitMs() * this.host.diskSlowness : 0
    this.#leavesAt = Math.max(this.#leavesAt, schedule.now + ms)
    if (this.#leavesAt <= schedule.now) this.#leave(step)
    else this.#inLife(this.#leavesAt - schedule.now, () => this.#leave(step))
  }

  /** What one step writes is on disk before anything of it, or of a later one, leaves. */
  #leave(step: ArbiterStep): void {
    if (this.host.frozen) {
      this.#held.push(step)
      return
    }
    const life = this.#life
    for (const { seat } of step.write) {
      if (this.host.diskFault !== 'none') {
        this.#commitFails()
        return
      }
      this.seat = seat
      this.#ports.kept(this)
    }
    for (const send of step.send) if (this.#life === life) this.#ports.perform(this, send)
    for (const { name, after } of step.timers) if (this.#life === life) this.#setTimer(name, after)
  }

  #commitFails(): void {
    const { host } = this
    const why = host.diskFault === 'full' ? 'no space left' : 'fsync failed'
    if (host.diskFault === 'syncFails') host.diskFault = 'none'
    this.#ports.stopped(host, why)
  }

  #setTimer(name: 'proposal' | 'recall', after: number | null): void {
    if (after === null) {
      this.#timers.delete(name)
      return
    }
    this.#timerId += 1
    const id = this.#timerId
    this.#timers.set(name, id)
    this.#inLife(this.host.clock.inTrueMs(after), () => {
      if (this.#timers.get(name) !== id) return
      this.#timers.delete(name)
      this.feed({ i: 'timer', name })
    })
  }

  #inLife(ms: number, run: () => void): void {
    const life = this.#life
    this.#ports.schedule.after(ms, () => {
      if (this.#life === life) run()
    })
  }
}
