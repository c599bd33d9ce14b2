/** What one seed runs: everything is drawn here, and nothing that is drawn later shifts it. */
import { Random } from '../../support/world/random.ts'
import { DRAWN_APART, FAULT_KINDS, type FaultKind, NEVER_DRAWN } from '../faults/kinds.ts'

/** How a cluster lies, when it does. At most f of them unless a control asks for more. */
export type Treachery = 'silent' | 'equivocates' | 'wrongResults' | 'wrongProposals' | 'staleVotes' | 'slanders'

export interface RunSpec {
  readonly seed: number
  readonly clusters: number
  readonly nodes: number
  readonly syncReplicas: number
  readonly durability: 'preferred' | 'required'
  /** The longest commit of a disk, and the longest delay of a message beside the least one. */
  readonly commitMs: number
  readonly jitterMs: number
  readonly heartbeatBlockMs: number
  /** Short logs make compaction, and followers that fall behind it, common. */
  readonly logHeightsKept: number
  /** Log entries in one message: few make a log that is sent in many parts. */
  readonly appendEntries: number
  /** One transaction on average every so often. */
  readonly loadEveryMs: number
  /** Machine clocks differ by up to this much. */
  readonly clockPpm: number
  /** Virtual time before the first fault, and of the safety mode. */
  readonly calmMs: number
  readonly safetyMs: number
  /** Strikes per virtual second, of the kinds that were drawn. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly recoverAfterMs: number
  readonly settleTimeMs: number
  readonly switchesPerHour: number
  /** Hosts that may be dead or paused at once. */
  readonly downMax: number
  readonly traitors: readonly Treachery[]
  /** Through the real codec and with real Ed25519. */
  readonly real: boolean
  readonly liveness: boolean
  /** Missed heights in a row that are one error (NW5); the usual number when not said. */
  readonly missedInARow?: number
  /** So many clusters, the first ones, are their own arbiter (MJ1); none when not said. */
  readonly majorities?: number
  /** After the first broken invariant the run goes on, to show what comes of it. */
  readonly goesOn?: boolean
}

const STREAM = { spec: 101, faults: 211, errors: 307, kinds: 401, majorities: 503 } as const
const CALM = [20, 500, 3_000] as const

export function drawSpec(seed: number): RunSpec {
  const random = new Random(seed * 1_024 + STREAM.spec)
  const clusters = random.pick([1, 2, 3, 4, 4, 4, 5, 7])
  const nodes = clusters === 7 ? random.pick([1, 2, 3]) : random.pick([1, 2, 3, 3, 3, 4, 5])
  const f = Math.floor((clusters - 1) / 3)
  const eager = random.pick([0.3, 1, 1, 3])
  const faults: Partial<Record<FaultKind, number>> = {}
  for (const [kind, { weight }] of Object.entries(FAULT_KINDS)) {
    if (kind === 'miscount' || NEVER_DRAWN.has(kind as FaultKind)) continue
    const from = DRAWN_APART.has(kind) ? new Random(mixed(seed * 1_024 + STREAM.kinds, kind)) : random
    const drawn = from.chance(0.35)
    const rate = weight * eager * from.between(0.3, 1.5)
    if (drawn) faults[kind as FaultKind] = Number(rate.toFixed(3))
  }
  const traitors: Treachery[] = []
  if (random.chance(0.3)) {
    for (let n = 0; n < f; n++)
      traitors.push(
        random.pick(['silent', 'equivocates', 'wrongResults', 'wrongProposals', 'staleVotes', 'staleVotes']),
      )
  }
  return {
    seed,
    clusters,
    nodes,
    syncReplicas: random.pick([1, 1, 1, 2]),
    durability: random.chance(0.15) ? 'required' : 'preferred',
    commitMs: random.pick([0, 0.2, 2, 15]),
    jitterMs: random.pick([0, 1, 10, 100]),
    heartbeatBlockMs: 2_000,
    logHeightsKept: random.pick([8, 16, 64]),
    loadEveryMs: random.pick([20, 60, 200]),
    clockPpm: random.pick([0, 500]),
    calmMs: random.pick(CALM),
    safetyMs: random.pick([4_000, 8_000, 16_000]),
    recoverAfterMs: random.pick([2_000, 5_000]),
    settleTimeMs: random.pick([10, 2_000, 60_000]),
    switchesPerHour: random.pick([6, 10_000]),
    downMax: random.pick([1, 2, 4, 12]),
    real: random.chance(0.03),
    liveness: true,
    appendEntries: random.pick([2, 256, 256]),
    ...drawErrors(seed, faults, traitors, f),
    ...drawMajorities(seed, clusters, nodes),
  }
}

/** MJ1 came later still, with a stream of its own. */
function drawMajorities(seed: number, clusters: number, nodes: number): Pick<RunSpec, 'majorities'> {
  const random = new Random(seed * 1_024 + STREAM.majorities)
  if (nodes < 3 || !random.chance(0.2)) return {}
  return { majorities: random.pick([1, clusters]) }
}

/** What the audit is to find came later: it has a stream of its own, so that what seeds had drawn before stays. */
function drawErrors(
  seed: number,
  faults: RunSpec['faults'],
  traitors: RunSpec['traitors'],
  f: number,
): Pick<RunSpec, 'faults' | 'traitors' | 'missedInARow'> {
  const random = new Random(seed * 1_024 + STREAM.errors)
  const [miscounts, slanders] = [random.chance(0.5), random.chance(0.3)]
  const rate = Number((FAULT_KINDS.miscount.weight * random.between(0.5, 5)).toFixed(3))
  return {
    missedInARow: random.pick([3, 20]),
    // A node that computes wrong results is one more faulty cluster until it is switched away from.
    faults: miscounts && traitors.length === 0 && f > 0 ? { ...faults, miscount: rate } : faults,
    traitors: slanders && traitors.length === 0 && !miscounts ? Array.from({ length: f }, () => 'slanders') : traitors,
  }
}

/** The stream of one kind of fault: that of another kind does not shift when this one is left out. */
export function faultStream(seed: number, kind: FaultKind): Random {
  return new Random(mixed(seed * 1_024 + STREAM.faults, kind))
}

function mixed(start: number, name: string): number {
  let value = start
  for (const letter of name) value = Math.imul(value ^ letter.charCodeAt(0), 0x01000193)
  return value
}
