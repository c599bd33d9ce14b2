/** The configuration of one node, fully resolved: every path absolute, every default filled in. */
import type { Genesis, TimingPreset } from '@baton/shared/genesis'
import type { ClusterId, Ms, NodeId, SiteId } from '@baton/shared/ids'

/** A `host:port` pair; `host` without brackets, also for IPv6. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where another node of the network listens for peers. */
export interface PeerConfig {
  readonly node: NodeId
  readonly cluster: ClusterId
  /** `host:port`. */
  readonly address: string
}

export interface TimingConfig {
  /** `genesis`: the cluster's policy in the genesis document, which is the default. */
  readonly preset: TimingPreset | 'genesis'
  readonly heartbeatMs: Ms
  readonly suspectAfterMs: Ms
  readonly masterTtlMs: Ms
}

/** Tendermint timeouts: `base` in round 0, plus `step` per further round. */
export interface ConsensusConfig {
  readonly proposeMs: Ms
  readonly proposeStepMs: Ms
  readonly prevoteMs: Ms
  readonly prevoteStepMs: Ms
  readonly precommitMs: Ms
  readonly precommitStepMs: Ms
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface NodeConfig {
  /** Absolute path of the file this was read from. */
  readonly file: string
  readonly node: NodeId
  readonly cluster: ClusterId
  readonly site: SiteId
  /** Absolute. The folder is created by the daemon. */
  readonly dataFolder: string
  /** Absolute path of the genesis document, and its content: read and checked. */
  readonly genesisFile: string
  readonly genesis: Genesis
  /** Absolute path of this node's Ed25519 private key (JWK). */
  readonly keyFile: string
  /** Absolute path of this node's certificate (compact JWS, ID2). */
  readonly certificateFile: string
  readonly listen: { readonly peer: Address; readonly api: Address }
  /** What this node tells others, `host:port`; defaults to the listen addresses. */
  readonly advertise: { readonly peer: string; readonly api: string }
  /** `http://` or `https://` address of the authentication node, without a slash at its end. */
  readonly authorityUrl: string
  /** The other nodes of the network, of all clusters. Never contains this node. */
  readonly peers: readonly PeerConfig[]
  readonly timing: TimingConfig
  /** RG5. */
  readonly durability: 'preferred' | 'required'
  /** Standbys that must hold a record. */
  readonly syncReplicas: number
  /** EL4: higher stands first. */
  readonly priority: number
  /** EL4: this node never stands. */
  readonly noFailover: boolean
  readonly consensus: ConsensusConfig
  readonly application: string
  /** Absolute path of its module; null: the built-in one. */
  readonly applicationFile: string | null
  /** Append every vote received to `votes.jsonl` in the data folder: what checkers read. */
  readonly voteJournal: boolean
  /** Milliseconds added to every fsync; 0 in production (bench only). */
  readonly injectFsyncMs: Ms
  readonly log: { readonly level: LogLevel }
  /** Where alerts are posted, and the secret they are signed with; null: nowhere. */
  readonly alerts: { readonly url: string; readonly secret: string } | null
}
