/** ID4: a clean grant that its authority had no right to make stops the node that was shown what its masters have signed, and is reported. */
import type { NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Mastership, Reshape } from '@baton/shared/crypto/statement-types'
import { compareTokens, formatToken, sameToken } from '@baton/shared/ids'
import type { Host } from '../host.ts'
import type { Scene } from './scene.ts'

export class StolenGrants {
  readonly #scene: Scene
  /** The newest statement about its sync set that each node was shown by its authority. */
  readonly #shown = new Map<Host, Reshape>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** What was not on its disk when the process before ended, it was never shown: it is told again. */
  began(host: Host): void {
    this.#shown.delete(host)
    const { reshape } = host.disk
    if (reshape !== null) this.#shown.set(host, reshape.reshape)
  }

  stepped(host: Host, before: NodeState, input: NodeInput, { state, events }: NodeStep): void {
    const statement = statementIn(input)
    if (statement !== undefined) this.#isShown(host, statement.reshape)
    if (input.i !== 'granted') return
    for (const { mastership, grant } of input.grants) {
      const { asked } = before.election
      // It is made master by the answer to what it asked for, and by nothing else (EL5).
      if (mastership.node !== host.node || asked?.nonce !== grant.nonce || !sameToken(asked.token, mastership)) continue
      if (this.#isGranted(host, mastership) || !this.#contradicts(host, before, mastership)) continue
      const about = `${host.node}, outside the signed sync set, was granted ${formatToken(mastership)}`
      if (state.election.role.r !== 'frozen') {
        this.#scene.breach('ID4 a doubtful grant stops its node', `${about} and is ${state.election.role.r}`)
      }
      if (!events.some((event) => 'e' in event && event.e === 'grantDoubted')) {
        this.#scene.breach('ID4 a doubtful grant is reported', `${about} and says nothing of it`)
      }
    }
  }

  /** A register that members keep has no key that could be stolen (MJ1). */
  #isGranted({ cluster }: Host, { node, ...token }: Mastership): boolean {
    const { arbiter, grants } = this.#scene.authorities.get(cluster)!
    return arbiter !== 'edge' || grants.some((grant) => grant.node === node && sameToken(grant, token))
  }

  /** Of the token before, by a statement of its master; not judged: a grant that recovers, and another generation (RG8). */
  #contradicts(host: Host, { election: { own, role } }: NodeState, granted: Mastership): boolean {
    const shown = this.#shown.get(host)
    if (granted.recovering || own === null || shown === undefined || own.node === host.node) return false
    if (role.r === 'frozen' || role.r === 'stopped') return false
    if (granted.generation !== own.token.generation || compareTokens(granted, own.token) <= 0) return false
    return sameToken(shown, own.token) && !shown.syncSet.includes(host.node)
  }

  #isShown(host: Host, reshape: Reshape): void {
    const before = this.#shown.get(host)
    if (before !== undefined && (compareTokens(before, reshape) || before.version - reshape.version) >= 0) return
    this.#shown.set(host, reshape)
  }
}

function statementIn(input: NodeInput): RecordedReshape | undefined {
  if (input.i === 'view' || input.i === 'claimReply') return input.reshape
  return undefined
}
