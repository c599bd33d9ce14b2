import type { ChainCopy, CopiedBlock } from './evidence.ts'

export interface ChainComparison {
  /** Same blocks and same result hashes at every height that two copies have. */
  readonly equal: boolean
  /** The highest block of any copy. */
  readonly height: number
  readonly findings: readonly string[]
}

/** Every copy has every height from 1 to `required`, linked, and all copies agree on block and result wherever two have a height. */
export function compareChains(copies: readonly ChainCopy[], required: number): ChainComparison {
  const height = copies.flatMap(({ blocks }) => [...blocks.keys()]).reduce((a, b) => Math.max(a, b), 0)
  const gaps: string[] = []
  const differences: string[] = []
  for (let at = 1; at <= height; at += 1) {
    const first = copies.find(({ blocks }) => blocks.has(at))
    const reference = first?.blocks.get(at)
    for (const copy of copies) {
      const name = `${copy.node} (${copy.source})`
      const block = copy.blocks.get(at)
      if (block === undefined) {
        if (at <= required && copy.settled) gaps.push(`${name} has no block at height ${at}`)
        continue
      }
      const below = copy.blocks.get(at - 1)
      if (below !== undefined && block.previous !== below.hash)
        gaps.push(`${name}: block ${at} does not follow ${at - 1}`)
      const difference = differ(block, reference!)
      if (difference !== null)
        differences.push(`${name} and ${first!.node} differ in the ${difference} of height ${at}`)
    }
  }
  return { equal: differences.length === 0, height, findings: [...differences, ...gaps] }
}

function differ(a: CopiedBlock, b: CopiedBlock): string | null {
  if (a.hash !== b.hash) return 'block'
  return a.result === b.result ? null : 'result hash'
}
