/** The registry in SQLite: the typed rows of the machine, written and read back. */

import type { RegistryWrite } from '@baton/shared/core/registry/messages'
import type {
  Acknowledged,
  FoundedRegistry,
  Member,
  Registry,
  Shown,
  UnfoundedRegistry,
} from '@baton/shared/core/registry/types'
import type { Grant } from '@baton/shared/crypto/statement-types'
import type { Epoch, Generation, LogIndex, NodeId, Version } from '@baton/shared/ids'
import type { Sql } from '../../adapters/sql.ts'

type Registered = Pick<
  UnfoundedRegistry,
  'network' | 'cluster' | 'founder' | 'policy' | 'bars' | 'quarantine' | 'frozen'
> & {
  readonly restore: { readonly shown: readonly (readonly [NodeId, Shown])[]; readonly elsewhere: Grant | null } | null
}
/** What only a founded registry has. */
type Founded = Omit<FoundedRegistry, keyof UnfoundedRegistry>

type Writers = { readonly [W in RegistryWrite['w']]: (sql: Sql, write: Extract<RegistryWrite, { w: W }>) => void }

const WRITERS: Writers = {
  cluster: (sql, { registry }) => writeCluster(sql, registry),
  member: (sql, { member }) =>
    sql.run(
      'INSERT INTO members (node, member) VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET member = excluded.member',
      member.node,
      JSON.stringify(member),
    ),
  // A second row for one token fails on the primary key (RG8).
  grant: (sql, { grant }) =>
    sql.run(
      'INSERT INTO grants (generation, epoch, node, record) VALUES (?, ?, ?, ?)',
      grant.generation,
      grant.epoch,
      grant.node,
      JSON.stringify(grant),
    ),
  reshape: (sql, { token, version, statement }) =>
    sql.run(
      'INSERT INTO reshapes (generation, epoch, version, statement) VALUES (?, ?, ?, ?)',
      token.generation,
      token.epoch,
      version,
      statement,
    ),
  acknowledged: (sql, { node, acknowledged: { token, durableIndex } }) =>
    sql.run(
      `INSERT INTO acknowledged (node, generation, epoch, durable_index) VALUES (?, ?, ?, ?)
       ON CONFLICT (node) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch,
         durable_index = excluded.durable_index`,
      node,
      token.generation,
      token.epoch,
      durableIndex,
    ),
  confirmed: (sql, { node, token, at }) =>
    sql.run(
      `INSERT INTO confirmed (node, generation, epoch, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (node) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch, at = excluded.at`,
      node,
      token.generation,
      token.epoch,
      at,
    ),
}

/** Call inside a transaction. */
export function applyWrite(sql: Sql, write: RegistryWrite): void {
  const writer = WRITERS[write.w] as (sql: Sql, write: RegistryWrite) => void
  writer(sql, write)
}

/** Version of the recorded registry; null before it was created. */
export function recordedVersion(sql: Sql): number | null {
  return sql.all<{ version: number }>('SELECT version FROM cluster')[0]?.version ?? null
}

export function loadRegistry(sql: Sql): Registry {
  type Row = { generation: number; version: number; registered: string; founded: string | null }
  const row = sql.all<Row>('SELECT generation, version, registered, founded FROM cluster')[0]
  if (row === undefined) return { status: 'absent' }
  const registered = JSON.parse(row.registered) as Registered
  const unfounded: UnfoundedRegistry = {
    status: 'unfounded',
    ...registered,
    restore: registered.restore === null ? null : { ...registered.restore, shown: new Map(registered.restore.shown) },
    generation: row.generation as Generation,
    version: row.version as Version,
    members: loadMembers(sql),
    acknowledged: loadAcknowledged(sql),
  }
  if (row.founded === null) return unfounded
  return { ...unfounded, status: 'founded', ...(JSON.parse(row.founded) as Founded) }
}

function writeCluster(sql: Sql, registry: UnfoundedRegistry | FoundedRegistry): void {
  const { network, cluster, founder, policy, bars, quarantine, frozen, generation, version } = registry
  const restore = registry.restore === null ? null : { ...registry.restore, shown: [...registry.restore.shown] }
  const registered: Registered = { network, cluster, founder, policy, bars, quarantine, frozen, restore }
  sql.run(
    `INSERT INTO cluster (only, generation, version, registered, founded) VALUES (1, ?, ?, ?, ?)
     ON CONFLICT (only) DO UPDATE SET generation = excluded.generation, version = excluded.version,
       registered = excluded.registered, founded = excluded.founded`,
    generation,
    version,
    JSON.stringify(registered),
    registry.status === 'founded' ? JSON.stringify(foundedPart(registry)) : null,
  )
}

function foundedPart(registry: FoundedRegistry): Founded {
  const { epoch, master, syncSet, syncSetVersion, coming, recovery, lastGrant, reshape } = registry
  const { orders, ordersSeen, pause, switchover, switches, fenced, dataLoss } = registry
  const mastership = { epoch, master, syncSet, syncSetVersion, coming, recovery, lastGrant, reshape }
  return { ...mastership, orders, ordersSeen, pause, switchover, switches, fenced, dataLoss }
}

function loadMembers(sql: Sql): ReadonlyMap<NodeId, Member> {
  const rows = sql.all<{ member: string }>('SELECT member FROM members')
  return new Map(rows.map(({ member }) => JSON.parse(member) as Member).map((member) => [member.node, member]))
}

function loadAcknowledged(sql: Sql): ReadonlyMap<NodeId, Acknowledged> {
  type Row = { node: string; generation: number; epoch: number; durable_index: number }
  const rows = sql.all<Row>('SELECT node, generation, epoch, durable_index FROM acknowledged')
  return new Map(
    rows.map(({ node, generation, epoch, durable_index }) => [
      node as NodeId,
      {
        token: { generation: generation as Generation, epoch: epoch as Epoch },
        durableIndex: durable_index as LogIndex,
      },
    ]),
  )
}
