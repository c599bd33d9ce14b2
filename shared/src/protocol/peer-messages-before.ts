/**
 * What older versions of the peer protocol have instead of the formats of today (PV2). A row goes when its version is not spoken any
 * more. `null`: the version lacks the message.
 */

import { LIMITS } from '../limits.ts'
import type { FormatsBefore } from './peer-codec.ts'
import { PEER_MESSAGES } from './peer-messages-codec.ts'

export const PEER_MESSAGES_BEFORE: { readonly [version: number]: FormatsBefore } = {
  4: { executed: null },
  3: { arbiter: null },
  2: { syncSet: null },
  1: {
    roster: null,
    hello: {
      number: PEER_MESSAGES.hello.number,
      write: (m) => PEER_MESSAGES.hello.write(m).slice(0, -1),
      read: (f) => ({
        t: 'hello',
        genesis: f.hash(),
        protocol: { min: f.count(), max: f.count() },
        credentials: f.list(LIMITS.clusters, (item) => item.array((c) => c.credential())),
        apiAddress: f.address(),
        program: '',
      }),
    },
  },
}
