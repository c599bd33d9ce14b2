/** Members of a majority under test: real machines, their disks, and a network that loses, repeats and reorders on demand. */
import { whatToSign } from '@baton/shared/core/arbiter/acceptor'
import { brokenInStep } from '@baton/shared/core/arbiter/invariants'
import { arbiterStep, NO_SEAT, startArbiter } from '@baton/shared/core/arbiter/machine'
import type {
  ArbiterContext,
  ArbiterInput,
  ArbiterMessage,
  ArbiterSend,
  ArbiterTimer,
} from '@baton/shared/core/arbiter/messages'
import type { Accepted, ArbiterState, GrantAtBallot, Seat } from '@baton/shared/core/arbiter/types'
import type { Outcome, RegistryInput, Report } from '@baton/shared/core/registry/messages'
import type { FoundedRegistry } from '@baton/shared/core/registry/types'
import type { Claim, ClaimEvidence, Reshape } from '@baton/shared/crypto/statement-types'
import type { Epoch, Instant, Jws, LogIndex, NodeId, Token, UnixMs } from '@baton/shared/ids'
import { expect } from 'vitest'
import { A, B, C, CLUSTER, member, NETWORK, POLICY } from '../registry/fixture.ts'

export { A, B, C, POLICY } from '../registry/fixture.ts'

export interface Letter {
  readonly from: NodeId
  readonly to: NodeId
  readonly message: ArbiterMessage
}

/** A proof as these members write it: who signed what under which ballot. */
export interface WrittenProof {
  readonly signed: GrantAtBallot
  readonly signers: readonly NodeId[]
}

/** In the form that a statement has, so that it goes over links and onto disks. */
function writeProof(proof: WrittenProof): Jws {
  return `proof.${Buffer.from(JSON.stringify(proof)).toString('base64url')}.written` as Jws
}

export function readProof(text: Jws): WrittenProof {
  return JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as WrittenProof
}

export class Members {
  readonly names: readonly NodeId[]
  readonly states = new Map<NodeId, ArbiterState>()
  readonly disks = new Map<NodeId, Seat>()
  readonly letters: Letter[] = []
  readonly outcomes = new Map<number, Outcome>()
  /** Every decision that any member told its node, in order. */
  readonly told: { readonly node: NodeId; readonly decided: Accepted }[] = []
  readonly heard: { readonly node: NodeId; readonly report: number }[] = []
  readonly #timers = new Map<string, number>()
  readonly #cut = new Set<string>()
  /** As the driver does: a vote for something else than the proposal never comes to the machine. */
  checksVotes = false
  /** Virtual time in ms. */
  now = 10_000
  #lives = 0
  #requests = 0
  #reports = 0

  constructor(names: readonly NodeId[] = [A, B, C]) {
    this.names = names
    for (const name of names) {
      this.disks.set(name, NO_SEAT)
      this.start(name)
    }
    for (const name of names) this.link(name)
  }

  start(name: NodeId): void {
    this.#lives += 1
    const config = {
      member: member(name),
      network: NETWORK,
      cluster: CLUSTER,
      founder: this.names[0]!,
      policy: POLICY,
      members: [...this.names].sort(),
    }
    this.states.set(name, startArbiter(config, this.disks.get(name)!, `life-${this.#lives}`, this.now as Instant))
  }

  /** It opens its links to everybody that it may reach; both ends learn of it. */
  link(name: NodeId): void {
    for (const peer of this.names) {
      if (peer === name || !this.reaches(name, peer)) continue
      this.feed(name, { i: 'link', peer, up: true })
      this.feed(peer, { i: 'link', peer: name, up: true })
    }
  }

  /** The process is gone, and what was on its way to it; its disk stays. */
  restart(name: NodeId): void {
    for (const peer of this.names) if (peer !== name) this.feed(peer, { i: 'link', peer: name, up: false })
    for (const key of [...this.#timers.keys()]) if (key.startsWith(`${name} `)) this.#timers.delete(key)
    this.start(name)
    this.link(name)
  }

  wipe(name: NodeId): void {
    this.disks.set(name, NO_SEAT)
    this.restart(name)
  }

  cut(...names: NodeId[]): void {
    for (const name of names) this.#cut.add(name)
    for (const name of names)
      for (const peer of this.names) {
        if (peer === name) continue
        this.feed(name, { i: 'link', peer, up: false })
        this.feed(peer, { i: 'link', peer: name, up: false })
      }
    this.letters.splice(0, this.letters.length, ...this.letters.filter((l) => this.reaches(l.from, l.to)))
  }

  mend(...names: NodeId[]): void {
    for (const name of names) this.#cut.delete(name)
    for (const name of names) this.link(name)
  }

  reaches(a: NodeId, b: NodeId): boolean {
    return a === b || !(this.#cut.has(a) || this.#cut.has(b))
  }

  feed(name: NodeId, input: ArbiterInput): void {
    const before = this.states.get(name)!
    const step = arbiterStep(before, input, this.context)
    expect(brokenInStep(before, step)).toEqual([])
    this.states.set(name, step.state)
    for (const { seat } of step.write) this.disks.set(name, seat)
    for (const send of step.send) this.#perform(name, send)
    for (const { name: timer, after } of step.timers) this.#setTimer(name, timer, after)
  }

  get context(): ArbiterContext {
    return {
      now: this.now as Instant,
      wallClock: this.now as UnixMs,
      prove: (signed, signatures) => {
        // Whoever is to believe it checks every signature: it must be over the very same grant and ballot.
        for (const [node, text] of signatures) expect(text).toBe(signatureOf(node, signed))
        return writeProof({ signed, signers: [...signatures.keys()] })
      },
    }
  }

  /** Everything that is under way arrives, in order. */
  deliver(): void {
    for (let n = 0; this.letters.length > 0; n++) {
      if (n > 10_000) throw new Error('the members never stop talking')
      this.arrive(this.letters.shift()!)
    }
  }

  arrive({ from, to, message }: Letter): void {
    if (this.checksVotes && message.m === 'accepted' && !this.#isWanted(to, from, message)) return
    if (this.reaches(from, to)) this.feed(to, { i: 'message', from, message })
  }

  /** Time passes; what is due comes in its order, and all that is said arrives. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      this.deliver()
      const [next] = [...this.#timers].sort((a, b) => a[1] - b[1])
      if (next === undefined || next[1] > until) break
      this.now = next[1]
      this.ring(next[0])
    }
    this.now = until
  }

  get timersSet(): readonly string[] {
    return [...this.#timers.keys()]
  }

  ring(key: string): void {
    this.#timers.delete(key)
    const [node, name] = key.split(' ') as [NodeId, ArbiterTimer]
    this.feed(node, { i: 'timer', name })
  }

  /** Its number, under which the outcome is found. */
  ask(name: NodeId, input: (request: number) => RegistryInput): number {
    this.#requests += 1
    this.feed(name, { i: 'ask', ask: input(this.#requests) })
    return this.#requests
  }

  claim(node: NodeId, evidence: ClaimEvidence, overrides: Partial<Claim> = {}): number {
    const { generation, epoch, version } = this.known(node)
    return this.ask(node, (request) => ({
      i: 'claim',
      from: { channel: node, request },
      resignation: null,
      claim: {
        network: NETWORK,
        cluster: CLUSTER,
        generation,
        epoch: (epoch + 1) as Epoch,
        version,
        node,
        nonce: `nonce-${node}-${request}`,
        evidence,
        durableIndex: 10 as LogIndex,
        coming: null,
        ...overrides,
      },
    }))
  }

  reshape(node: NodeId, syncSet: readonly NodeId[]): number {
    const { generation, epoch, version } = this.known(node)
    const reshape: Reshape = { network: NETWORK, cluster: CLUSTER, generation, epoch, version, node, syncSet }
    return this.ask(node, (request) => ({
      i: 'reshape',
      from: { channel: node, request },
      reshape,
      statement: 'signed.reshape.x' as Jws,
    }))
  }

  confirm(node: NodeId, token: Token): number {
    return this.ask(node, (request) => ({ i: 'confirm', from: { channel: node, request }, node, token }))
  }

  /** An operator's word at this member, each with another reason; none for less than no time: it ends. */
  pause(node: NodeId, ms: number): number {
    const action = ms > 0 ? ({ act: 'pause', until: (this.now + ms) as UnixMs } as const) : ({ act: 'resume' } as const)
    return this.ask(node, (request) => ({
      i: 'operator',
      from: { channel: node, request },
      by: node,
      why: `asked in ${request}`,
      action,
    }))
  }

  report(node: NodeId, overrides: Partial<Report> = {}): number {
    this.#reports += 1
    const registry = this.states.get(node)!.decided?.value.registry
    const founded = registry?.status === 'founded' ? registry : null
    const report: Report = {
      report: this.#reports,
      token: { generation: founded?.generation ?? (0 as never), epoch: founded?.epoch ?? (0 as never) },
      role: founded?.master === node ? 'master' : 'follower',
      stalled: false,
      durableIndex: 10 as LogIndex,
      height: 1,
      heardMasterMs: null,
      heardSyncSetMs: null,
      ...overrides,
    }
    this.feed(node, { i: 'report', report })
    return this.#reports
  }

  /** What this member knows to be decided. */
  known(node: NodeId): FoundedRegistry {
    const registry = this.states.get(node)!.decided?.value.registry
    if (registry?.status !== 'founded') throw new Error(`${node} knows of no grant`)
    return registry
  }

  proof(node: NodeId): WrittenProof {
    const proof = this.states.get(node)!.decided?.value.proof
    if (proof === null || proof === undefined) throw new Error(`${node} knows of no proof`)
    return readProof(proof)
  }

  #perform(from: NodeId, send: ArbiterSend): void {
    switch (send.s) {
      case 'member':
        this.#post({ from, to: send.to, message: send.message })
        return
      case 'accepted': {
        const { to, ballot, sign } = send
        const signature = sign === null ? null : signatureOf(from, sign)
        this.#post({ from, to, message: { m: 'accepted', ballot, signature } })
        return
      }
      case 'registry':
        if (send.send.s === 'reply') this.outcomes.set(send.send.to.request, send.send.outcome)
        return
      case 'decided':
        this.told.push({ node: from, decided: send.decided })
        return
      case 'heard':
        this.heard.push({ node: from, report: send.report })
        return
      case 'session':
        return
    }
  }

  #isWanted(to: NodeId, from: NodeId, { ballot, signature }: Extract<ArbiterMessage, { m: 'accepted' }>): boolean {
    const { proposal } = this.states.get(to)!
    if (proposal?.p !== 'accepting' || signature === null) return true
    const sign = whatToSign({ ballot, value: proposal.value })
    return sign === null || signature === signatureOf(from, sign)
  }

  #post(letter: Letter): void {
    if (this.reaches(letter.from, letter.to)) this.letters.push(letter)
  }

  #setTimer(node: NodeId, name: ArbiterTimer, after: number | null): void {
    if (after === null) this.#timers.delete(`${node} ${name}`)
    else this.#timers.set(`${node} ${name}`, this.now + after)
  }
}

export function signatureOf(node: NodeId, { grant, ballot }: GrantAtBallot): string {
  return `${node} signs ${JSON.stringify(grant)} at ${ballot.counter}/${ballot.node}`
}

/** Founded: A is master of epoch 1 with B in its sync set; all have introduced themselves and listened for the startup grace. */
export function foundedMembers(names?: readonly NodeId[]): Members {
  const members = new Members(names)
  for (let round = 0; round < 3; round++) {
    members.advance(500)
    for (const name of members.names) members.report(name)
  }
  members.advance(500)
  const request = members.reshape(A, [A, B])
  members.deliver()
  expect(members.outcomes.get(request)).toEqual({ ok: true })
  members.advance(POLICY.startupGraceMs)
  for (const name of members.names) members.report(name)
  members.deliver()
  return members
}
