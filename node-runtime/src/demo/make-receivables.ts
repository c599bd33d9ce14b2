/**
 * Writes `receivables.jsonl`, the transactions that `baton demo` submits: the life of 2,000 receivables in supply-chain financing, as
 * unsigned actions, one a line. Deterministic: `node node-runtime/src/demo/make-receivables.ts > node-runtime/src/demo/receivables.jsonl`.
 * Each line expects the version its predecessor left (`ifVersion`), so the lines of one receivable are ordered and those of
 * different receivables are independent; they are dealt out by date, a receivable's own lines far apart.
 */
const RECEIVABLES = 2_000

const SUPPLIERS = [
  'Anhui Castings',
  'Borealis Bearings',
  'Cordoba Cables',
  'Dalian Forgings',
  'Emsland Seals',
  'Foshan Panels',
  'Galway Optics',
  'Hanoi Harness',
] as const
const BUYERS = ['Kirin Motors', 'Lagos Rail', 'Meridian Appliances', 'Nordlys Shipyards'] as const
const FINANCIERS = ['Harbour Bank', 'Pearl River Factoring', 'Rhine Trade Finance'] as const
const CURRENCIES = ['CNY', 'EUR', 'USD'] as const
const DAY_MS = 86_400_000
const FIRST_ISSUE_MS = Date.UTC(2026, 0, 5)

export interface ReceivableAction {
  readonly put: { readonly key: string; readonly value: string; readonly ifVersion: number }
}

interface Receivable {
  readonly number: string
  readonly supplier: string
  readonly buyer: string
  /** In minor units of the currency. */
  readonly amount: number
  readonly currency: string
  readonly due: string
  readonly holder: string
  readonly status: 'issued' | 'transferred' | 'settled'
  readonly onDate: string
}

/** All actions in the order of their dates: the same list on every call. */
export function makeReceivables(): ReceivableAction[] {
  const random = xorshift(0x5eed)
  const dated = Array.from({ length: RECEIVABLES }, (_, index) => life(index, random)).flat()
  return dated.sort((a, b) => a.atMs - b.atMs || a.order - b.order).map(({ action }) => action)
}

/** Issue, one to three transfers (factoring and re-factoring), and settlement for all but the youngest. */
function life(index: number, random: (below: number) => number) {
  const issuedMs = FIRST_ISSUE_MS + Math.floor(index / 25) * DAY_MS
  const termDays = 30 + random(4) * 30
  const supplier = pick(SUPPLIERS, random)
  const transfers = 1 + (random(4) === 0 ? 1 : 0) + (random(12) === 0 ? 1 : 0)
  const common = {
    number: `AR-2026-${String(index + 1).padStart(5, '0')}`,
    supplier,
    buyer: pick(BUYERS, random),
    amount: (1_000 + random(900_000)) * 100,
    currency: pick(CURRENCIES, random),
    due: isoDate(issuedMs + termDays * DAY_MS),
  }
  let holder: string = supplier
  const states: { holder: string; status: Receivable['status']; atMs: number }[] = [
    { holder, status: 'issued', atMs: issuedMs },
  ]
  for (let transfer = 1; transfer <= transfers; transfer += 1) {
    holder = pick(
      FINANCIERS.filter((name) => name !== holder),
      random,
    )
    states.push({ holder, status: 'transferred', atMs: issuedMs + transfer * 9 * DAY_MS })
  }
  if (random(20) !== 0) states.push({ holder, status: 'settled', atMs: issuedMs + termDays * DAY_MS })
  return states.map((state, version) => {
    const receivable: Receivable = {
      ...common,
      holder: state.holder,
      status: state.status,
      onDate: isoDate(state.atMs),
    }
    const put = { key: `receivable/${common.number}`, value: JSON.stringify(receivable), ifVersion: version }
    return { atMs: state.atMs, order: index, action: { put } }
  })
}

function pick<Item>(items: readonly Item[], random: (below: number) => number): Item {
  return items[random(items.length)]!
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Marsaglia's 32-bit xorshift: small, and the same everywhere. */
function xorshift(seed: number): (below: number) => number {
  let x = seed
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

if (import.meta.main) for (const action of makeReceivables()) process.stdout.write(`${JSON.stringify(action)}\n`)
