/** Sees every step of a world; decides nothing. */
import type { AuditInput, AuditState, AuditStep } from '@baton/shared/core/audit/types'
import type { NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { WorldAuthority } from './authority.ts'
import type { Host } from './host.ts'

export interface WorldObserver {
  stepped(host: Host, before: NodeState, input: NodeInput, step: NodeStep): void
  registryStepped(authority: WorldAuthority, before: RegistryState, input: RegistryInput, step: RegistryStep): void
  audited(before: AuditState, input: AuditInput, step: AuditStep): void
  /** A process gave up because of its disk. */
  stopped(host: Host, why: string): void
}
