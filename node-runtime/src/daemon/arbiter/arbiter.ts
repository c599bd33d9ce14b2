/** What a node asks of whoever keeps the registry of its cluster: the authority at the edge, or the members themselves (MJ1). */
import type { NodeSend, RecoveredBy } from '@baton/shared/core/node/io'
import type { Claim, Reshape } from '@baton/shared/crypto/statement-types'
import type { Height, Token } from '@baton/shared/ids'

/** Answers come back as inputs of the node. Nothing here rejects. */
export interface Arbiter {
  /** RG3. */
  report(report: Extract<NodeSend, { readonly s: 'report' }>['message']): void
  claim(request: number, claim: Claim): Promise<void>
  reshape(reshape: Reshape): Promise<void>
  /** RG7. */
  confirm(token: Token): Promise<void>
  /** RC3. */
  recovered(token: Token, by: RecoveredBy): Promise<void>
  /** RG9. */
  verified(token: Token, height: Height): Promise<void>
}
