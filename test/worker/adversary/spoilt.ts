/** One way each to spoil a frame that carries a statement, for handlers that only a certain sender reaches. */
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { StatementKind } from '@baton/shared/crypto/statement-types'
import { isErrorCode } from '@baton/shared/errors'
import type { Jws } from '@baton/shared/ids'
import fc, { type Arbitrary } from 'fast-check'
import { afterEach, expect, vi } from 'vitest'
import { forge, payloadIn } from '../../support/forge.ts'
import { exchangeLeaves, type Mutation, mutateText, mutateTree } from '../../support/mutations.ts'
import { keyOf } from '../network.ts'
import type { TestNode } from '../test-node.ts'

/**
 * `insider`: whoever holds the key signs nonsense; `liar`: what reads, under its own name; `impostor`: under other names; `stranger`: another key signs
 * what is sound.
 */
type Way = 'tree' | 'text' | 'statement' | 'insider' | 'liar' | 'impostor' | 'stranger'

/** Most of what is spoilt at random does not read; a liar comes further. */
export const way: Arbitrary<Way> = fc.oneof(
  fc.constant('liar' as const),
  fc.constantFrom('tree', 'text', 'statement', 'insider', 'impostor', 'stranger'),
)

export interface Signed {
  readonly kind: StatementKind
  readonly statement: Jws
  readonly by: KeyPair
}

/** Who says it: with another name here nothing else is looked at. */
const NAMES = ['network', 'cluster', 'node', 'generation', 'epoch']

async function spoiltStatement(
  { kind, statement, by }: Signed,
  way: Exclude<Way, 'tree' | 'text'>,
  changes: readonly Mutation[],
): Promise<Jws> {
  if (way === 'statement') return mutateText(statement, changes) as Jws
  if (way === 'insider') return forge(kind, mutateTree(payloadIn(statement), changes), by)
  if (way === 'stranger') return forge(kind, payloadIn(statement), await keyOf('anybody'))
  const payload = payloadIn(statement) as object
  const fields = Object.entries(payload).filter(([name]) => NAMES.includes(name) === (way === 'impostor'))
  return forge(kind, { ...payload, ...Object(exchangeLeaves(Object.fromEntries(fields), changes)) }, by)
}

/** The frame around the statement as text, spoilt. */
export async function spoiltFrame(
  frame: (statement: Jws) => object,
  signed: Signed,
  way: Way,
  changes: readonly Mutation[],
): Promise<string> {
  if (way === 'tree') return JSON.stringify(mutateTree(frame(signed.statement), changes)) ?? ''
  if (way === 'text') return mutateText(JSON.stringify(frame(signed.statement)), changes)
  return JSON.stringify(frame(await spoiltStatement(signed, way, changes)))
}

/** One that somebody has foreseen. */
export function expectCode(code: unknown, said = ''): void {
  expect([isErrorCode(code), code], said).toEqual([true, expect.not.stringMatching(/^INTERNAL$/)])
}

/** The codes of what this session was refused. */
export function refusalsOf(node: TestNode): readonly string[] {
  return node.inbox.flatMap((answer) => (answer.t === 'refused' ? [answer.code] : []))
}

/** What the product logs as an error is one that it has not foreseen. */
export function expectNoErrors(): void {
  const logged = vi.spyOn(console, 'error')
  afterEach(() => {
    const errors = [...logged.mock.calls]
    logged.mockClear()
    expect(errors).toEqual([])
  })
}
