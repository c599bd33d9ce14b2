/** Relations between values. Each message names both sides, so that a reader sees which one to change. */
import type { Genesis } from '@baton/shared/genesis'
import { checkAddresses } from './check-addresses.ts'
import { checkMembership } from './check-membership.ts'
import { checkPeers } from './check-peers.ts'
import { checkReplication } from './check-replication.ts'
import { checkTiming } from './check-timing.ts'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'

/** `genesis` is null when it could not be read: relations with it are then not checked. */
export function checkRelations(config: PartialConfig, genesis: Genesis | null): Problem[] {
  return [
    ...checkTiming(config, genesis),
    ...checkReplication(config, genesis),
    ...checkAddresses(config),
    ...checkPeers(config, genesis),
    ...checkMembership(config, genesis),
  ]
}
