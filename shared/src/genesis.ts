/** The genesis document: what every party of a network agrees on before it starts (ID1). */
import type { ErrorKind } from './core/audit/types.ts'
import type { ClusterId, NetworkId, NodeId, PublicKey } from './ids.ts'

export interface Genesis {
  readonly format: 'baton-genesis/1'
  readonly network: NetworkId
  /** ISO 8601, informative. */
  readonly createdAt: string
  /** Keys whose grants count. */
  readonly authorityKeys: readonly PublicKey[]
  readonly application: string
  readonly heartbeatBlockMs: number
  readonly clusters: readonly GenesisCluster[]
  /** Errors of masters (NW5); what is not said is the default. */
  readonly audit?: GenesisAudit | undefined
}

export interface GenesisAudit {
  /** How long an error counts. */
  readonly windowMs?: number | undefined
  /** A switch is ordered at this sum of weights. */
  readonly threshold?: number | undefined
  readonly weights?: { readonly [Kind in ErrorKind]?: number | undefined } | undefined
  /** So many heights in a row decided without a cluster are one `missed-votes`. */
  readonly missedInARow?: number | undefined
}

export interface GenesisCluster {
  readonly cluster: ClusterId
  readonly ownerKeys: readonly PublicKey[]
  /** The node that gets epoch 1 (RG2). */
  readonly founder: NodeId
  readonly policy: ClusterPolicy
  /** Where its registry lives, for ever (MJ1); not said: at the authority. */
  readonly arbiter?: MajorityArbiter | undefined
}

/** MJ1: these members keep the registry of their cluster, and grant in it with these keys. At least three; the founder is one of them. */
export interface MajorityArbiter {
  readonly kind: 'majority'
  readonly members: readonly { readonly node: NodeId; readonly key: PublicKey }[]
}

/** What the authority enforces for one cluster (DESIGN section 9). Times in milliseconds. */
export interface ClusterPolicy {
  readonly heartbeatMs: number
  readonly suspectAfterMs: number
  readonly masterTtlMs: number
  readonly startupGraceMs: number
  readonly durability: 'preferred' | 'required'
  readonly syncReplicas: number
  /** RG6: silence of the whole sync set, and of its votes elsewhere, before a recovering grant. */
  readonly recoverAfterMs: number
  /** `operator`: an engine whose votes carry no epoch; somebody confirms that the predecessor's hosts are fenced (RG6). */
  readonly recovery: 'automatic' | 'operator'
  /** EL8: an unforced switch back waits this long, and a living master is switched at most so often. */
  readonly settleTimeMs: number
  readonly switchesPerHour: number
  /** RG9: who lifts the bar on a node that has re-synced and verified itself; not said: it is lifted at once. */
  readonly barsEnd?: 'verified' | 'operator' | undefined
}

/** DESIGN section 9, as far as no preset of timings decides it. */
export const POLICY_DEFAULTS = {
  recoverAfterMs: 30_000,
  recovery: 'automatic',
  settleTimeMs: 60_000,
  switchesPerHour: 6,
} as const satisfies Partial<ClusterPolicy>

export type TimingPreset = 'lan' | 'metro' | 'wan'

export const TIMING_PRESETS: Record<
  TimingPreset,
  { heartbeatMs: number; suspectAfterMs: number; masterTtlMs: number }
> = {
  lan: { heartbeatMs: 50, suspectAfterMs: 500, masterTtlMs: 1_000 },
  metro: { heartbeatMs: 100, suspectAfterMs: 1_000, masterTtlMs: 2_000 },
  wan: { heartbeatMs: 250, suspectAfterMs: 2_500, masterTtlMs: 5_000 },
}
