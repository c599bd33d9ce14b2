/** What both ends of a link agree on, and the bounds on making one. */

/** Path of the upgrade request. */
export const LINK_PATH = '/peer'
/** Header that tells the other side why a link was refused: one of `PEER_REFUSALS`. */
export const REFUSAL_HEADER = 'x-baton-refused'

/** From the TCP connection to the accepted upgrade: generous, because processes start together on a busy machine. */
export const HANDSHAKE_MS = 5_000
/** How long a refusal or a closing frame may take to leave. */
export const FAREWELL_MS = 250
/** Connections to the peer port, those before their handshake included; more are dropped by the operating system. */
export const CONNECTIONS_MAX = 4_096

/** First redial at once, then doubling between these, each ± half. */
export const REDIAL_MS = { first: 50, max: 1_000 } as const
export const PROBE_MS = 300
