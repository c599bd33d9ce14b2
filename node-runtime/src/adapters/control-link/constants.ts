/** Bounds of the control link (DESIGN section 11: HTTP defaults are too slow for high availability). */
import { LIMITS } from '@baton/shared/limits'

/** From the TCP connection to `welcome`. */
export const HANDSHAKE_MS = 5_000
/** A request and its answer, counted from the sending, on either way. */
export const REQUEST_MS = 2_000
/** Default: a session that answers nothing for this long is dropped. */
export const SILENT_MS = 3_000
/** Pauses between sessions: doubling between these, each ± half, because a deploy drops all nodes at once. */
export const RECONNECT_MS = { first: 50, max: 2_000 } as const
/** Bytes queued on a session before it is dropped. */
export const QUEUE_BYTES = 4 * LIMITS.controlFrameBytes
/** Reports whose answer is awaited. */
export const REPORTS_AWAITED = 64
/** How long a closing frame may take to leave. */
export const FAREWELL_MS = 250
