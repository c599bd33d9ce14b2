#!/usr/bin/env -S node --max-semi-space-size=4
/**
 * The `baton` of the published package: says plainly that Node is too old, before modules are loaded that an older one does not
 * have. `main.js` is the bundle beside it.
 */
const NEEDED = 24

const major = Number(process.versions.node.split('.')[0])
if (major < NEEDED) {
  process.stderr.write(
    `baton needs Node.js ${NEEDED} or newer, this is ${process.versions.node} (${process.execPath})\n`,
  )
  process.exit(78)
}
await import('./main.js')
