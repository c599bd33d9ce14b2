import type { ErrorOwner } from '@baton/shared/errors'

/** Exit statuses by who has to act, from sysexits(3); 0 is success, 64 a wrong command line. */
export const EXIT_STATUS = {
  config: 78,
  client: 65,
  peer: 76,
  storage: 74,
  fenced: 75,
  'control-plane': 69,
  internal: 70,
} as const satisfies Record<ErrorOwner, number>

export const EXIT_USAGE = 64
