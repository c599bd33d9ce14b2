/**
 * A scenario as text: a sentence that says what it shows, then commands, each group followed by `----` and what happened. The text
 * is documentation and test at once: it is run, and what happens must be exactly what it says.
 *
 *     # What this shows, in a sentence.
 *
 *     kill c1-n1
 *     until epoch 2
 *     ----
 *        6 ms  c1-n2      the master c1-n1 is suspected: refused
 */

export interface Group {
  readonly commands: readonly string[]
  /** Without line ends; empty when nothing happened. */
  readonly output: readonly string[]
}

export interface Transcript {
  /** The opening sentence, without `# `; it may take several lines. */
  readonly opening: readonly string[]
  readonly groups: readonly Group[]
}

const RULE = '----'

/** @throws Error when the text does not open with a sentence, or a group has no rule. */
export function parseTranscript(text: string): Transcript {
  const blocks = text
    .trim()
    .split(/\n{2,}/)
    .map((block) => block.split('\n'))
  const [opening, ...groups] = blocks
  if (opening === undefined || !opening.every((line) => line.startsWith('# '))) {
    throw new Error('a scenario opens with a sentence after "# "')
  }
  return { opening: opening.map((line) => line.slice(2)), groups: groups.map(parseGroup) }
}

function parseGroup(lines: readonly string[]): Group {
  const rule = lines.indexOf(RULE)
  if (rule < 1) throw new Error(`commands without "${RULE}" after them: ${lines[0]}`)
  return { commands: lines.slice(0, rule), output: lines.slice(rule + 1) }
}

export function formatTranscript({ opening, groups }: Transcript): string {
  const blocks = groups.map(({ commands, output }) => [...commands, RULE, ...output].join('\n'))
  return `${[opening.map((line) => `# ${line}`).join('\n'), ...blocks].join('\n\n')}\n`
}
