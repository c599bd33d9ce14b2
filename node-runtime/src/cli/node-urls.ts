/** Which nodes a command talks to: `--url` (repeatable, or with commas), else `BATON_URL`, else the first node of a local network. */
export const DEFAULT_URL = '127.0.0.1:7101'

export function nodeUrls(given: readonly string[] | undefined, environment: NodeJS.ProcessEnv = process.env): string[] {
  const text = given === undefined || given.length === 0 ? (environment.BATON_URL ?? DEFAULT_URL) : given.join(',')
  return text
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
}

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
