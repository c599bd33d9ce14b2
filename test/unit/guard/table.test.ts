import { guardStep, TRANSITIONS } from '@baton/shared/core/guard/machine'
import type { GuardInput } from '@baton/shared/core/guard/machine-types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Height, LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, GuardBench, led, required, token } from './bench.ts'

type Role = keyof typeof TRANSITIONS
type Name = GuardInput['i']

/** One input of each kind, at a token that every role of the bench takes. */
const INPUTS: { readonly [N in Name]: Extract<GuardInput, { readonly i: N }> } = {
  lead: { i: 'lead', token: token(2), syncSet: [A], version: 20 as never, nonce: 'second' },
  resume: { i: 'resume', required: required(1, 10, [A]), nonce: 'again' },
  follow: { i: 'follow', token: token(2), master: B, across: false },
  seal: { i: 'seal' },
  append: { i: 'append', kind: 'barrier', body: new Uint8Array() },
  linkUp: { i: 'linkUp', peer: B },
  linkDown: { i: 'linkDown', peer: B },
  dead: { i: 'dead', peer: B },
  message: {
    i: 'message',
    from: B,
    message: { t: 'appendAck', token: token(0), durable: { index: 0 as LogIndex, hash: '' as never } },
  },
  rebase: { i: 'rebase', base: { index: 0 as LogIndex, hash: '0'.repeat(64) as never, token: token(0) } },
  registry: { i: 'registry', token: token(1), version: 11 as never, syncSet: [A] },
  candidates: { i: 'candidates', nodes: [B] },
  authorityUp: { i: 'authorityUp' },
  compact: { i: 'compact', upTo: 0 as LogIndex },
  timer: { i: 'timer' },
}

/** Where an input leads that does not keep its role. */
const LEADS_TO: { readonly [R in Role]: { readonly [N in Name]?: Role } } = {
  following: { lead: 'leading', resume: 'leading', seal: 'sealed' },
  leading: { follow: 'following', seal: 'sealed' },
  sealed: { lead: 'leading', resume: 'leading', follow: 'following' },
}

function inRole(role: Role): GuardBench {
  const bench = led(new GuardBench(), [A], [B])
  if (role !== 'leading') bench.step(A, { i: 'seal' })
  if (role === 'following') {
    const { state } = bench.place(A)
    bench.place(A).state = { ...state, role: { role: 'following', master: B, attached: true, across: false } }
  }
  return bench
}

const CELLS = (Object.keys(TRANSITIONS) as Role[]).flatMap((role) =>
  (Object.keys(INPUTS) as Name[]).map((name) => [role, name] as const),
)

test.each(CELLS)('[GU1 GU2 EL5] %s on %s leads where the table says, and nowhere else', (role, name) => {
  const bench = inRole(role)
  const before = bench.state(A)
  expect(before.role.role).toBe(role)
  const context = { now: bench.now, hash: sha256, log: bench.place(A).store, tip: 0 as Height }
  const step = guardStep(before, INPUTS[name], context)
  expect(step.state.role.role).toBe(LEADS_TO[role][name] ?? role)
  if (step.state.role.role !== 'leading') expect(step.send.some(({ s }) => s === 'released')).toBe(false)
})
