import { admitTransaction } from '@baton/shared/core/ledger/admit-transaction'
import type { QueryView } from '@baton/shared/core/ledger/application'
import { stateInvariants } from '@baton/shared/core/ledger/invariants'
import { queryView } from '@baton/shared/core/ledger/queries'
import type { Action } from '@baton/shared/core/ledger/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { NetworkId, PublicKey } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ALICE, APPLICATION, BOB, CAROL, Ledger, mint, OWNER, put, signed, transfer } from './ledger-network.ts'

const view = (ledger: Ledger): QueryView => queryView(sha256, ledger.store)
function query(ledger: Ledger, path: string): unknown {
  const outcome = APPLICATION.query(path, view(ledger))
  if (!outcome.ok) throw new Error(outcome.why)
  return outcome.value
}
const run = (ledger: Ledger, sender: PublicKey, ...actions: Action[]) =>
  ledger.run(...actions.map((action) => signed(sender, action))).receipts
const codes = (receipts: ReturnType<typeof run>) => receipts.map((receipt) => (receipt.ok ? 'ok' : receipt.code))

test('[LE11] a put without a condition always writes; with one, only on that version', () => {
  const ledger = new Ledger()
  const receipts = run(
    ledger,
    ALICE,
    put('k', 'first', 1),
    put('k', 'first', 0),
    put('k', 'again', 0),
    put('k', 'second', 1),
    put('k', 'third'),
  )
  expect(codes(receipts)).toEqual(['VERSION_CONFLICT', 'ok', 'VERSION_CONFLICT', 'ok', 'ok'])
  expect(query(ledger, 'record/k')).toEqual({
    version: 3,
    value: 'third',
    transaction: receipts[4]!.id,
    height: 1,
    previous: receipts[3]!.id,
  })
  expect(query(ledger, 'record/other')).toBeNull()
})

test('[LE11] every version of a record is found again, newest first, over blocks and repetitions', () => {
  const ledger = new Ledger()
  const first = signed(ALICE, put('a/b', 'one'))
  ledger.run(first, signed(BOB, put('other', 'x')))
  ledger.run(signed(BOB, put('a/b', 'two', 1)), signed(BOB, put('a/b', 'never', 1)))
  ledger.execute(ledger.blockOf([first]))
  const third = signed(CAROL, put('a/b', 'three'))
  ledger.run(third)
  expect(query(ledger, 'history/a/b')).toMatchObject({
    versions: [
      { version: 3, value: 'three', height: 4, transaction: third.id },
      { version: 2, value: 'two', height: 2 },
      { version: 1, value: 'one', height: 1, transaction: first.id, previous: null },
    ],
    next: null,
  })
  expect(query(ledger, `version/${first.id}/a/b`)).toMatchObject({ version: 1, value: 'one' })
  expect(query(ledger, `version/${first.id}/other`)).toBeNull()
  expect(query(ledger, 'history/none')).toEqual({ versions: [], next: null })
})

test('[LE11] a long history is given in parts, each with where to go on', () => {
  const ledger = new Ledger()
  const count = LIMITS.historyVersions + 3
  ledger.run(...Array.from({ length: count }, (_, n) => signed(ALICE, put('k', `v${n + 1}`))))
  const { versions, next } = query(ledger, 'history/k') as { versions: { version: number }[]; next: string }
  expect(versions.map(({ version }) => version)).toEqual(
    Array.from({ length: LIMITS.historyVersions }, (_, n) => count - n),
  )
  expect(query(ledger, `version/${next}/k`)).toMatchObject({ version: 3, value: 'v3' })
})

test('[LE12] only owner keys mint, and never more than can be counted', () => {
  const ledger = new Ledger()
  const most = Number.MAX_SAFE_INTEGER
  expect(codes(run(ledger, ALICE, mint(ALICE, 1)))).toEqual(['NOT_A_MINTER'])
  expect(codes(run(ledger, OWNER, mint(ALICE, most - 1), mint(BOB, 2), mint(BOB, 1), mint(BOB, 1)))).toEqual([
    'ok',
    'AMOUNT_TOO_LARGE',
    'ok',
    'AMOUNT_TOO_LARGE',
  ])
  expect(query(ledger, `account/${ALICE}`)).toEqual({ balance: most - 1, sequence: 0 })
})

test('[LE12] a transfer needs the next sequence, the balance, and another account', () => {
  const ledger = new Ledger()
  run(ledger, OWNER, mint(ALICE, 100))
  const receipts = run(
    ledger,
    ALICE,
    transfer(BOB, 10, 1),
    transfer(BOB, 101, 0),
    transfer(ALICE, 1, 0),
    transfer(BOB, 60, 0),
    transfer(BOB, 60, 1),
    transfer(BOB, 40, 1),
    transfer(BOB, 1, 1),
  )
  expect(codes(receipts)).toEqual([
    'WRONG_SEQUENCE',
    'INSUFFICIENT_BALANCE',
    'SELF_TRANSFER',
    'ok',
    'INSUFFICIENT_BALANCE',
    'ok',
    'WRONG_SEQUENCE',
  ])
  expect(query(ledger, `account/${ALICE}`)).toEqual({ balance: 0, sequence: 2 })
  expect(query(ledger, `account/${BOB}`)).toEqual({ balance: 100, sequence: 0 })
  expect(query(ledger, `account/${CAROL}`)).toBeNull()
})

test('[LE2] unknown queries are refused', () => {
  const ledger = new Ledger()
  for (const path of ['', 'nothing', 'account/short', 'version/short/k']) {
    expect(APPLICATION.query(path, view(ledger))).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
  }
})

const PEOPLE = [OWNER, ALICE, BOB, CAROL]
const people = fc.constantFrom(...PEOPLE)
const anySteps = fc.array(
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.tuple(
        people,
        fc.record({ kind: fc.constant('mint' as const), to: people, amount: fc.integer({ min: 1, max: 60 }) }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(people, fc.record({ kind: fc.constant('replace-minter' as const), to: people })),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(
        people,
        fc.record({
          kind: fc.constant('transfer' as const),
          to: people,
          amount: fc.integer({ min: 1, max: 60 }),
          sequence: fc.nat(4),
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        people,
        fc.record(
          {
            kind: fc.constant('put' as const),
            key: fc.constantFrom('a', 'b', 'c'),
            value: fc.string({ maxLength: 3 }),
            ifVersion: fc.nat(3),
          },
          { requiredKeys: ['kind', 'key', 'value'] },
        ),
      ),
    },
  ),
  { maxLength: 40, size: 'max' },
)
/** Everybody begins with something to send. */
const steps = anySteps.map((actions): (readonly [PublicKey, Action])[] => [
  ...PEOPLE.map((person) => [OWNER, mint(person, 50)] as const),
  ...actions,
])

interface Model {
  readonly balances: Map<PublicKey, number>
  readonly sequences: Map<PublicKey, number>
  /** Each of which minted after the one before it; the last one does. */
  readonly minters: PublicKey[]
}

/** What the rules say about mints, minters and transfers, in the simplest words: the model that the ledger is compared with. */
function applyToModel({ balances, sequences, minters }: Model, sender: PublicKey, action: Action): boolean {
  const isMinter = sender === minters.at(-1)
  if (action.kind === 'replace-minter') {
    const isReplaced = isMinter && !minters.includes(action.to)
    if (isReplaced) minters.push(action.to)
    return isReplaced
  }
  const balance = (person: PublicKey) => balances.get(person) ?? 0
  const add = (person: PublicKey, amount: number) => balances.set(person, balance(person) + amount)
  if (action.kind === 'mint' && isMinter) add(action.to, action.amount)
  if (action.kind !== 'transfer') return action.kind === 'put' || isMinter
  const sequence = sequences.get(sender) ?? 0
  if (action.sequence !== sequence || action.to === sender || action.amount > balance(sender)) return false
  add(sender, -action.amount)
  add(action.to, action.amount)
  sequences.set(sender, sequence + 1)
  return true
}

/** Most transfers get the sequence that is right at their place, so that they succeed or fail for other reasons. */
function transactionsOf(actions: readonly (readonly [PublicKey, Action])[]) {
  const model: Model = { balances: new Map(), sequences: new Map(), minters: [OWNER] }
  const expected: boolean[] = []
  const transactions = actions.map(([sender, wanted], n) => {
    const sequence = model.sequences.get(sender) ?? 0
    const action = wanted.kind === 'transfer' && wanted.sequence !== 4 ? { ...wanted, sequence } : wanted
    expected.push(applyToModel(model, sender, action))
    return signed(sender, action, `n${n}`)
  })
  return { transactions, expected, model }
}

test('[LE12] accounts and outcomes are those of a simple model', () => {
  let moved = 0
  fc.assert(
    fc.property(steps, (actions) => {
      const ledger = new Ledger()
      const { transactions, expected, model } = transactionsOf(actions)
      const { receipts } = ledger.run(...transactions)
      actions.forEach(([, { kind }], n) => {
        if (kind !== 'put') expect(receipts[n]!.ok, `${kind} ${n}`).toBe(expected[n])
        if (kind === 'transfer' && expected[n]) moved++
      })
      for (const person of PEOPLE) {
        const account = (query(ledger, `account/${person}`) ?? { balance: 0, sequence: 0 }) as object
        const balance = model.balances.get(person) ?? 0
        expect(account).toEqual({ balance, sequence: model.sequences.get(person) ?? 0 })
      }
    }),
  )
  expect(moved).toBeGreaterThan(100)
})

test('[LE12] balances always sum to what was minted', () => {
  fc.assert(
    fc.property(steps, fc.nat(9), (actions, size) => {
      const ledger = new Ledger()
      const { transactions } = transactionsOf(actions)
      for (let at = 0; at < transactions.length; at += size + 1) {
        ledger.run(...transactions.slice(at, at + size + 1))
        const state = { get: (key: string) => ledger.store.stateValue(key) }
        expect(stateInvariants(state, ledger.disk.state.keys())).toEqual([])
      }
    }),
  )
})

test('[LE12] the invariant sees money from nowhere', () => {
  const ledger = new Ledger()
  run(ledger, OWNER, mint(ALICE, 5))
  ledger.disk.state.set(`a/${BOB}`, ledger.disk.state.get(`a/${ALICE}`)!)
  const state = { get: (key: string) => ledger.store.stateValue(key) }
  expect(stateInvariants(state, ledger.disk.state.keys())).toEqual(['balances-sum-to-minted'])
})

test('[LE6] two nodes agree block by block, also when one restarts before every block', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 7 }), (actions, size) => {
      const [one, other] = [new Ledger(), new Ledger()]
      const { transactions } = transactionsOf(actions)
      for (let at = 0; at < transactions.length; at += size) {
        const block = one.propose(transactions.slice(at, at + size))
        other.chain = other.reloaded()
        const [a, b] = [one.execute(block), other.execute(block)]
        expect(b.result).toBe(a.result)
        expect(b.receipts).toEqual(a.receipts)
      }
    }),
    { numRuns: 50 },
  )
})

test('[LE6] transfers and accounts end the same however the transactions are cut into blocks', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 7 }), (actions, size) => {
      const [whole, parts] = [new Ledger(), new Ledger()]
      const { transactions } = transactionsOf(actions)
      const together = whole.run(...transactions).receipts
      const apart: unknown[] = []
      for (let at = 0; at < transactions.length; at += size) {
        apart.push(...parts.run(...transactions.slice(at, at + size)).receipts)
      }
      const outcome = (receipt: unknown) => ({ ...(receipt as object), height: 0, index: 0 })
      expect(apart.map(outcome)).toEqual(together.map(outcome))
      const accounts = (ledger: Ledger) => PEOPLE.map((person) => query(ledger, `account/${person}`))
      expect(accounts(parts)).toEqual(accounts(whole))
    }),
    { numRuns: 50 },
  )
})

test('[LE4] admission answers a retry with the first receipt', () => {
  const ledger = new Ledger()
  const tx = signed(OWNER, mint(ALICE, 5))
  const admit = () => admitTransaction(ledger.chain, tx, ledger.store, APPLICATION)
  expect(admit()).toEqual({ ok: true, kind: 'new' })
  const [receipt] = ledger.run(tx).receipts
  expect(admit()).toEqual({ ok: true, kind: 'executed', receipt })
})

test('[LE5] admission refuses what can no longer succeed, and nothing else', () => {
  const ledger = new Ledger()
  run(ledger, OWNER, mint(ALICE, 5), put('k', '1'), put('k', '2'))
  run(ledger, ALICE, transfer(BOB, 1, 0))
  const admit = (sender: PublicKey, action: Action, network?: NetworkId) =>
    admitTransaction(ledger.chain, signed(sender, action, 'n', network), ledger.store, APPLICATION)
  expect(admit(ALICE, transfer(BOB, 1, 0))).toMatchObject({ code: 'TRANSACTION_REJECTED', why: /^WRONG_SEQUENCE/ })
  expect(admit(ALICE, put('k', 'x', 1))).toMatchObject({ code: 'TRANSACTION_REJECTED', why: /^VERSION_CONFLICT/ })
  expect(admit(BOB, mint(BOB, 1))).toMatchObject({ code: 'TRANSACTION_REJECTED', why: /^NOT_A_MINTER/ })
  expect(admit(ALICE, put('k', 'x'), 'other' as NetworkId)).toMatchObject({ code: 'TRANSACTION_NETWORK' })
  for (const action of [
    transfer(BOB, 99, 3),
    transfer(BOB, 1, 1),
    put('k', 'x', 2),
    put('k', 'x', 9),
    put('new', 'x', 0),
  ]) {
    expect(admit(ALICE, action)).toEqual({ ok: true, kind: 'new' })
  }
})
