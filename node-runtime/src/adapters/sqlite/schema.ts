/** The tables of a node, by version. A released version is never edited: a change is a new one at the end. */
import type { DatabaseSync } from 'node:sqlite'
import { BatonError } from '@baton/shared/errors'
import { storageDamaged } from './storage-error.ts'

export const DATABASE_FILE = 'node.db'
/** "Batn" in SQLite's header: tells our file from any other. */
const APPLICATION_ID = 0x4261746e

const MIGRATIONS: readonly string[] = [
  `
  -- Small values a node has promised to keep: canonical CBOR and its SHA-256.
  CREATE TABLE promises (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    sum   TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The replicated log above its base (GU3).
  CREATE TABLE log (
    position   INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    previous   TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    body       BLOB    NOT NULL
  ) STRICT;

  CREATE TABLE blocks (
    height      INTEGER PRIMARY KEY,
    hash        TEXT NOT NULL,
    result      TEXT NOT NULL,
    certificate BLOB NOT NULL,
    bytes       BLOB NOT NULL
  ) STRICT;

  -- Rows in order of execution, ids in an index of their own: with the (random) id as primary key a block dirties twice as
  -- many pages.
  CREATE TABLE transactions (
    id       BLOB    NOT NULL UNIQUE,
    height   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    receipt  BLOB    NOT NULL
  ) STRICT;

  CREATE TABLE state (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
  ) STRICT;

  CREATE TABLE buckets (
    bucket INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL,
    leaves BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- The promises "recovered" and "crossed" (RC3) and log entries of kind "legacy". No table changes; a program that knows
  -- version 1 only would ignore them and sign what the marks forbid, so it must refuse the file.
  `,
  `
  -- The promise "reshape" holds what the registry has recorded, with its content (RG8); a bare statement was never written. A program
  -- that knows version 2 only would go on under a new sync set without keeping what proves it.
  DELETE FROM promises WHERE name = 'reshape';
  `,
]

/** Brings the database to the newest version. @throws BatonError when it is someone else's or newer than this program */
export function migrate(database: DatabaseSync, folder: string): void {
  const version = pragma(database, 'user_version')
  const owner = pragma(database, 'application_id')
  if (owner !== APPLICATION_ID && (owner !== 0 || version !== 0 || hasTables(database))) {
    throw storageDamaged(folder, `${DATABASE_FILE} in ${folder} is not a database of Baton`, { owner, version })
  }
  if (version > MIGRATIONS.length) {
    throw new BatonError('STORAGE_FAILED', `${folder} was written by a newer Baton (schema ${version})`, {
      remedy: `install a Baton that knows schema ${version}; this one knows up to ${MIGRATIONS.length}`,
      details: { folder, found: version, known: MIGRATIONS.length },
    })
  }
  for (let next = version; next < MIGRATIONS.length; next++) {
    const statements = `${MIGRATIONS[next]}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${next + 1}`
    database.exec(`BEGIN IMMEDIATE; ${statements}; COMMIT`)
  }
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

function hasTables(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
}
