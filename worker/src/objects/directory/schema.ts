/** Tables of a network's directory. */
import { EVENT_TABLE } from '../../adapters/event-log.ts'
import { META_TABLE } from '../../adapters/meta.ts'
import type { Migration } from '../../adapters/migrations.ts'
import { ALERT_TABLE } from '../authority/alert-post.ts'
import { ATTEMPT_TABLE } from '../authority/attempts.ts'
import { NOTICE_TABLE } from '../notice-store.ts'

export const DIRECTORY_MIGRATIONS: readonly Migration[] = [
  {
    name: 'masters',
    statements: [
      META_TABLE,
      ...EVENT_TABLE,
      `CREATE TABLE masters (
        cluster TEXT PRIMARY KEY, generation INTEGER NOT NULL, epoch INTEGER NOT NULL, mastership TEXT NOT NULL
      ) WITHOUT ROWID`,
      // The version of the table that each cluster's authority has confirmed.
      'CREATE TABLE pushed (cluster TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID',
    ],
  },
  {
    name: 'addresses',
    statements: ['ALTER TABLE masters ADD COLUMN api_address TEXT'],
  },
  {
    name: 'notices',
    statements: [
      ...NOTICE_TABLE,
      // How many notices each cluster's authority has confirmed.
      'CREATE TABLE noticed (cluster TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID',
    ],
  },
  {
    name: 'alerts',
    statements: [ALERT_TABLE],
  },
  {
    name: 'attempts',
    statements: [ATTEMPT_TABLE],
  },
]
