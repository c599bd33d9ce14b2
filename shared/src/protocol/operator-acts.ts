/**
 * What operators may do to a cluster, over HTTP: one entry for each act of the registry, with the role that it needs (ID7). The same at the edge and at
 * a member of a majority (MJ1).
 */
import { z } from 'zod'
import type { OperatorAction } from '../core/registry/messages.ts'
import type { OperatorRole } from '../crypto/statement-types.ts'
import { ERROR_CODES, type ErrorCode } from '../errors.ts'
import * as id from '../id-schemas.ts'
import type { ClusterId, UnixMs } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { orderViewSchema } from './control-schemas.ts'

const text = z.string().trim().min(1).max(LIMITS.operatorTextCharacters)

/** Of every act: why, made against which version (RG1), and whether only its outcome is asked for. */
const asked = z.object({
  why: text.describe('The reason, for the event log and for colleagues.'),
  /** Refuse unless this version is recorded (RG1). */
  against: id.version.optional(),
  dryRun: z.boolean().default(false).describe('Say what would happen, and change nothing.'),
})

export type Asked = z.infer<typeof asked>

export interface ActRoute {
  readonly role: OperatorRole
  readonly summary: string
  readonly body: z.ZodType<Asked>
  /** `body` has passed the schema. */
  readonly action: (body: Asked, now: UnixMs) => OperatorAction
}

function act<Shape extends z.core.$ZodLooseShape>(
  role: OperatorRole,
  summary: string,
  shape: Shape,
  action: (body: z.infer<z.ZodObject<Shape>>, now: UnixMs) => OperatorAction,
): ActRoute {
  return { role, summary, body: asked.extend(shape) as unknown as z.ZodType<Asked>, action: action as never }
}

/** Of a refused act. Here 403 says that the role does not suffice, and nothing else. */
export function actStatus(code: ErrorCode): number {
  const own: { readonly [Code in ErrorCode]?: number } = { NOT_ELECTABLE: 409, UNKNOWN_NODE: 404 }
  return own[code] ?? ERROR_CODES[code].status
}

/** RG8: why an act is none for a registry that its members hold (MJ1); null when it is one. */
export function restoreRefusal(act: OperatorAction['act'], cluster: ClusterId): string | null {
  if (act !== 'freeze' && act !== 'raise-generation' && act !== 'accept-incomplete-restore') return null
  return `the registry of ${cluster} is held by its members: it has no backup, and is never restored (MJ1)`
}

const node = id.nodeId
/** Chosen by the caller: a repeat changes nothing (RG1). */
const orderId = id.nonce

/** The compiler refuses a missing act. What can lose data, or give a cluster a second memory, is for owners. */
export const ACTS: { readonly [Name in OperatorAction['act']]: ActRoute } = {
  order: act('operator', 'Order the mastership away from a node, and bar it (RG9)', { id: orderId, node }, (body) => ({
    act: 'order',
    id: body.id,
    node: body.node,
  })),
  evict: act(
    'operator',
    'Take a node out for good: a bar that only `clear` ends (RG9)',
    { id: orderId, node },
    (body) => ({
      act: 'evict',
      id: body.id,
      node: body.node,
    }),
  ),
  clear: act('operator', 'Lift the bar on a node (RG9)', { node }, (body) => ({ act: 'clear', node: body.node })),
  switchover: act(
    'operator',
    'Plan a clean change of master: nobody is barred, nothing is lost',
    { id: orderId, to: node.nullable().default(null), at: id.unixMs.default(0 as UnixMs) },
    (body) => ({ act: 'switchover', id: body.id, to: body.to, at: body.at }),
  ),
  'cancel-switchover': act('operator', 'Drop a planned switchover', {}, () => ({ act: 'cancel-switchover' })),
  pause: act(
    'operator',
    'For a while no other node is granted (RG10)',
    { forMs: z.int().positive().max(LIMITS.pauseMs) },
    (body, now) => ({ act: 'pause', until: (now + body.forMs) as UnixMs }),
  ),
  resume: act('operator', 'End a pause (RG10)', {}, () => ({ act: 'resume' })),
  'confirm-fenced': act('operator', 'The hosts of the lost master are switched off or cut off (RG6)', {}, () => ({
    act: 'confirm-fenced',
  })),
  'allow-data-loss': act('owner', 'A node may take over whatever is lost, once (RG6)', { node }, (body) => ({
    act: 'allow-data-loss',
    node: body.node,
  })),
  'end-recovery': act('owner', 'End a recovery that waits in vain (RC4)', {}, () => ({ act: 'end-recovery' })),
  freeze: act('operator', 'Nothing is granted or changed until the generation is raised (RG8)', {}, () => ({
    act: 'freeze',
  })),
  'raise-generation': act(
    'owner',
    'Begin the restore of a registry that has forgotten something (RG8)',
    {
      generation: id.generation,
      bars: id.nodeIds.default([]),
      orders: z.array(orderViewSchema).max(LIMITS.ordersStanding).default([]),
    },
    ({ generation, bars, orders }) => ({ act: 'raise-generation', generation, bars, orders }),
  ),
  'accept-incomplete-restore': act('owner', 'Do not wait for the members that have shown nothing (RG8)', {}, () => ({
    act: 'accept-incomplete-restore',
  })),
}
