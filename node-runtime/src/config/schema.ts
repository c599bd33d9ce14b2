/** The TOML file as written: shapes and single values. Relations between values are in `relations.ts`. */

import { NAME_PATTERN } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { z } from 'zod'
import { parseAddress } from './address.ts'

const name = z
  .string('must be a name in quotes')
  .regex(NAME_PATTERN, 'must be 1 to 63 lower-case letters, digits and inner hyphens')
const path = z.string('must be a path in quotes').min(1, 'must not be empty')
/** A module, as against the name of a built-in application. */
export const APPLICATION_FILE = /[/\\]|\.[cm]?[jt]s$/
const application = z
  .string('must be a name or the path of a module in quotes')
  .refine(
    (text) => NAME_PATTERN.test(text) || APPLICATION_FILE.test(text),
    'must be the name in genesis, or the path of a module such as "./mine.js"',
  )
const address = z
  .string('must be "host:port" in quotes')
  .refine((text) => parseAddress(text) !== null, 'must be "host:port" with a port from 1 to 65535')
const ms = (least: number, most: number) =>
  z
    .int('must be a whole number of milliseconds')
    .min(least, `must be at least ${least} ms`)
    .max(most, `must be at most ${most} ms`)
const timing = ms(1, 600_000)
const url = z
  .string('must be an address in quotes')
  .refine(
    (text) => /^https?:\/\/[^\s/]+(?:\/[^\s?#]*)?$/.test(text) && URL.canParse(text),
    'must be an http:// or https:// address',
  )

export const configSchema = z.strictObject({
  node: name,
  cluster: name,
  site: name,
  data: path,
  genesis: path,
  key: path,
  certificate: path,
  application: application.optional(),
  listen: z.strictObject({ peer: address, api: address }),
  advertise: z.strictObject({ peer: address.optional(), api: address.optional() }).optional(),
  authority: z.strictObject({ url }),
  timing: z
    .strictObject({
      preset: z.enum(['lan', 'metro', 'wan'], 'must be "lan", "metro" or "wan"').optional(),
      heartbeatMs: timing.optional(),
      suspectAfterMs: timing.optional(),
      masterTtlMs: timing.optional(),
    })
    .optional(),
  replication: z
    .strictObject({
      durability: z.enum(['preferred', 'required'], 'must be "preferred" or "required"').optional(),
      syncReplicas: z
        .int('must be a whole number')
        .min(0, 'must not be negative')
        .max(LIMITS.nodesPerCluster - 1, `must be at most ${LIMITS.nodesPerCluster - 1}`)
        .optional(),
    })
    .optional(),
  election: z
    .strictObject({
      priority: z
        .int('must be a whole number')
        .min(0, 'must not be negative')
        .max(1_000, 'must be at most 1000')
        .optional(),
      noFailover: z.boolean('must be true or false').optional(),
    })
    .optional(),
  consensus: z
    .strictObject({
      proposeMs: timing.optional(),
      proposeStepMs: timing.optional(),
      prevoteMs: timing.optional(),
      prevoteStepMs: timing.optional(),
      precommitMs: timing.optional(),
      precommitStepMs: timing.optional(),
    })
    .optional(),
  log: z
    .strictObject({
      level: z
        .enum(
          ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
          'must be "trace", "debug", "info", "warn", "error", "fatal" or "silent"',
        )
        .optional(),
    })
    .optional(),
  alerts: z.strictObject({ webhook: url, secret: path }).optional(),
  debug: z
    .strictObject({
      voteJournal: z.boolean('must be true or false').optional(),
      injectFsyncMs: ms(0, 1_000).optional(),
    })
    .optional(),
  peers: z
    .array(z.strictObject({ node: name, cluster: name, address }), 'must be a list of [[peers]] tables')
    .max(LIMITS.clusters * LIMITS.nodesPerCluster)
    .optional(),
})

export type RawConfig = z.infer<typeof configSchema>

/** Every table and its keys, for suggestions. The key '' holds the top level. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  listen: Object.keys(configSchema.shape.listen.shape),
  advertise: Object.keys(configSchema.shape.advertise.unwrap().shape),
  authority: Object.keys(configSchema.shape.authority.shape),
  timing: Object.keys(configSchema.shape.timing.unwrap().shape),
  replication: Object.keys(configSchema.shape.replication.unwrap().shape),
  election: Object.keys(configSchema.shape.election.unwrap().shape),
  consensus: Object.keys(configSchema.shape.consensus.unwrap().shape),
  log: Object.keys(configSchema.shape.log.unwrap().shape),
  alerts: Object.keys(configSchema.shape.alerts.unwrap().shape),
  debug: Object.keys(configSchema.shape.debug.unwrap().shape),
  peers: Object.keys(configSchema.shape.peers.unwrap().element.shape),
}
