import type { ChainCopy, Position, Promised } from './evidence.ts'

export interface Count {
  readonly count: number
  readonly findings: readonly string[]
}

/** A promise is kept only if every settled copy, and its index, has the transaction where the client was told. */
export function lostTransactions(acknowledged: readonly Promised[], copies: readonly ChainCopy[]): Count {
  const findings = new Map<string, string>()
  for (const copy of copies.filter(({ settled }) => settled)) {
    const inBlocks = positions(copy)
    for (const promised of acknowledged) {
      const why =
        compare('block', promised, inBlocks.get(promised.id)?.[0]) ??
        (copy.index === null ? null : compare('index', promised, copy.index.get(promised.id)))
      if (why !== null && !findings.has(promised.id)) {
        findings.set(
          promised.id,
          `lost: ${promised.id}, acknowledged at ${show(promised)}: ${copy.node} (${copy.source}) ${why}`,
        )
      }
    }
  }
  return { count: findings.size, findings: [...findings.values()] }
}

/** Every transaction stands in the chain once, acknowledged or not. */
export function repeatedTransactions(copies: readonly ChainCopy[]): Count {
  const findings = new Map<string, string>()
  for (const copy of copies) {
    for (const [id, places] of positions(copy)) {
      if (places.length > 1 && !findings.has(id)) {
        findings.set(id, `duplicated: ${id} at ${places.map(show).join(' and ')} on ${copy.node} (${copy.source})`)
      }
    }
  }
  return { count: findings.size, findings: [...findings.values()] }
}

function positions(copy: ChainCopy): Map<string, Position[]> {
  const found = new Map<string, Position[]>()
  for (const [height, block] of copy.blocks) {
    for (const [index, id] of block.transactions.entries()) {
      const places = found.get(id)
      if (places === undefined) found.set(id, [{ height, index }])
      else places.push({ height, index })
    }
  }
  return found
}

function compare(where: string, promised: Position, found: Position | undefined): string | null {
  if (found === undefined) return `has it in no ${where}`
  if (found.height === promised.height && found.index === promised.index) return null
  return `has it in its ${where} at ${show(found)}`
}

function show({ height, index }: Position): string {
  return `height ${height}, index ${index}`
}
