/**
 * The built-in application that computes wrong results as long as a file `wrong` lies beside it: copied into a node's folder
 * and named in its configuration, it makes a master wrong at a chosen moment. A file of its own in the package: nodes load it.
 */
import { existsSync } from 'node:fs'

const FLAG = new URL('./wrong', import.meta.url)

/** @type {import('../application/module.ts').ApplicationModule} */
export default {
  interface: 1,
  create({ builtIn }) {
    const right = builtIn()
    return {
      name: right.name,
      snapshot: right.snapshot,
      check: (transaction, view) => right.check(transaction, view),
      query: (path, view) => right.query(path, view),
      execute(transaction, context, view) {
        const outcome = right.execute(transaction, context, view)
        if (!outcome.ok || !existsSync(FLAG)) return outcome
        // Nothing reads this key: only the state, and with it the result, is another than that of the network.
        return {
          ...outcome,
          writes: [...outcome.writes, { key: 'wrong', value: new Uint8Array([context.height % 256]) }],
        }
      },
    }
  },
}
