/** An application that computes wrong results, on one node or in a whole cluster. */
import type { Application } from '@baton/shared/core/ledger/application'

/** Every third record comes out differently. */
export function miscounting(application: Application): Application {
  let executed = 0
  return {
    name: application.name,
    snapshot: application.snapshot,
    check: application.check.bind(application),
    query: application.query.bind(application),
    execute: (...given) => {
      const outcome = application.execute(...given)
      executed += 1
      if (!outcome.ok || executed % 3 !== 0) return outcome
      return {
        ...outcome,
        writes: [...outcome.writes, { key: 'miscounted', value: new Uint8Array([executed & 0xff]) }],
      }
    },
  }
}
