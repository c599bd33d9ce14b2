/** What must hold of orders, bars, pauses and operators' words, before and after a step. */
import { restored } from './succession-invariants.ts'
import type { FoundedRegistry, GrantRecord } from './types.ts'

export function brokenStandingOrders(registry: FoundedRegistry): readonly string[] {
  const broken: string[] = []
  const { orders, ordersSeen, bars, quarantine, master, switches, policy } = registry
  for (const { id, node, cause } of orders) {
    // Who the master is, a registry that forgot does not know: a restore keeps what stands against any node, also when it is interrupted (RG8).
    if (node !== master && registry.restore === null && registry.frozen === null)
      broken.push('RG9: an order stands against a node that is not the master')
    if (cause === 'operator' && !bars.includes(node))
      broken.push('RG9: an operator’s order stands against a node that is not barred')
    if (!ordersSeen.includes(id)) broken.push('RG9: an order was taken in and not remembered')
  }
  if (quarantine.some(({ node }) => !bars.includes(node))) broken.push('RG9: a reason for a bar that is not there')
  if (switches.living.length > policy.switchesPerHour) {
    broken.push('EL8: more switches from a living master than the policy allows')
  }
  return broken
}

export function brokenOrders(
  was: FoundedRegistry,
  is: FoundedRegistry,
  grants: readonly GrantRecord[],
): readonly string[] {
  const broken: string[] = []
  const switched = grants.some(({ node }) => node !== was.master)
  // A restore may find that another node is master: what stood against the one before is void.
  if (!switched && !restored(was, is) && was.orders.some((order) => !is.orders.includes(order))) {
    broken.push('RG9: an order ended without a switch')
  }
  if (was.orders.some(({ node }) => was.bars.includes(node) && !is.bars.includes(node))) {
    broken.push('RG9: a bar was lifted under a standing order')
  }
  for (const grant of grants) {
    if (grant.node !== was.master && was.bars.includes(grant.node)) broken.push('RG9: a grant to a barred node')
    if (was.pause !== null && grant.issuedAt < was.pause.until && grant.node !== was.master) {
      broken.push('RG10: a switch in a pause')
    }
    if (is.switchover !== null) broken.push('EL8: a planned switch outlived the token it was asked under')
    if (is.fenced !== null || is.dataLoss !== null) broken.push('RG6: an operator’s word outlived its token')
    const fenced = was.fenced !== null || was.dataLoss?.node === grant.node
    if (was.policy.recovery === 'operator' && !was.syncSet.includes(grant.node) && !fenced) {
      broken.push('RG6: a recovering grant that no operator confirmed')
    }
  }
  return broken
}
