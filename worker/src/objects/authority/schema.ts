/** Tables of a cluster's authority. Rows that carry an epoch are never deleted (RG8): the database itself refuses. */
import { EVENT_TABLE } from '../../adapters/event-log.ts'
import { META_TABLE } from '../../adapters/meta.ts'
import type { Migration } from '../../adapters/migrations.ts'
import { NOTICE_TABLE } from '../notice-store.ts'
import { ALERT_TABLE } from './alert-post.ts'
import { ATTEMPT_TABLE } from './attempts.ts'
import { TOKEN_TABLE } from './enrolment.ts'
import { MIRROR_TABLE } from './mirror.ts'

const final = (table: string): readonly string[] => [
  `CREATE TRIGGER ${table}_stay BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, 'RG8: never deleted'); END`,
  `CREATE TRIGGER ${table}_are_final BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, 'RG8: never changed'); END`,
]

export const AUTHORITY_MIGRATIONS: readonly Migration[] = [
  {
    name: 'registry',
    statements: [
      META_TABLE,
      ...EVENT_TABLE,
      // One row: the registry but for its members. `founded` is null before epoch 1.
      `CREATE TABLE cluster (
        only INTEGER PRIMARY KEY CHECK (only = 1), generation INTEGER NOT NULL, version INTEGER NOT NULL,
        registered TEXT NOT NULL, founded TEXT
      )`,
      `CREATE TRIGGER cluster_stays BEFORE DELETE ON cluster BEGIN SELECT RAISE(ABORT, 'RG8: never deleted'); END`,
      'CREATE TABLE members (node TEXT PRIMARY KEY, member TEXT NOT NULL) WITHOUT ROWID',
      `CREATE TABLE grants (
        generation INTEGER NOT NULL, epoch INTEGER NOT NULL, node TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (generation, epoch)
      ) WITHOUT ROWID`,
      ...final('grants'),
      `CREATE TABLE reshapes (
        generation INTEGER NOT NULL, epoch INTEGER NOT NULL, version INTEGER NOT NULL, statement TEXT NOT NULL,
        PRIMARY KEY (generation, epoch, version)
      ) WITHOUT ROWID`,
      ...final('reshapes'),
      `CREATE TABLE acknowledged (
        node TEXT PRIMARY KEY, generation INTEGER NOT NULL, epoch INTEGER NOT NULL, durable_index INTEGER NOT NULL
      ) WITHOUT ROWID`,
      `CREATE TABLE confirmed (
        node TEXT PRIMARY KEY, generation INTEGER NOT NULL, epoch INTEGER NOT NULL, at INTEGER NOT NULL
      ) WITHOUT ROWID`,
    ],
  },
  {
    name: 'recovery, orders and restore',
    statements: [
      // No grant of the version before was recovering, and nobody could order or pause anything.
      `UPDATE cluster SET founded = json_patch(json_remove(founded, '$.recovering'),
        '{"orders": [], "ordersSeen": [], "switches": {"living": []}}')`,
      `UPDATE cluster SET founded = json_set(founded, '$.recovery', json('null'), '$.pause', json('null'),
        '$.switches.last', json('null'), '$.fenced', json('null'), '$.dataLoss', json('null'))`,
      // The grant stands in the row: after a restore it is one of another generation, or of no row of ours.
      `UPDATE cluster SET founded = json_set(founded, '$.lastGrant', json((
        SELECT record FROM grants WHERE generation = cluster.generation AND epoch = founded ->> '$.epoch')))`,
      `UPDATE cluster SET founded = json_set(founded, '$.syncSetVersion', coalesce(
        (SELECT max(version) FROM reshapes WHERE generation = cluster.generation AND epoch = founded ->> '$.epoch'),
        founded ->> '$.lastGrant.version'))`,
      "UPDATE cluster SET registered = json_set(registered, '$.frozen', json('null'), '$.restore', json('null'))",
    ],
  },
  {
    name: 'operators',
    statements: [
      "UPDATE cluster SET registered = json_set(registered, '$.quarantine', json('[]'))",
      "UPDATE cluster SET founded = json_set(founded, '$.switchover', json('null')) WHERE founded IS NOT NULL",
      ALERT_TABLE,
    ],
  },
  { name: 'identity', statements: [...TOKEN_TABLE, ATTEMPT_TABLE, ...NOTICE_TABLE] },
  { name: 'mirror', statements: [MIRROR_TABLE] },
]
