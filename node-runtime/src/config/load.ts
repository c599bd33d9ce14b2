import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { BatonError } from '@baton/shared/errors'
import { parse, TomlError } from 'smol-toml'
import { checkFiles, type IdentityFiles } from './check-files.ts'
import { readGenesis, reasonOf } from './genesis-file.ts'
import { locateKeys } from './lines.ts'
import { without } from './partial.ts'
import { formatPath, type LocatedProblem, type Problem, problemsOf } from './problems.ts'
import { checkRelations } from './relations.ts'
import { resolveConfig } from './resolve.ts'
import type { ConfigResult } from './result.ts'
import { configSchema } from './schema.ts'
import type { NodeConfig } from './types.ts'

/**
 * Reads a node's TOML file, its genesis document, and looks at its key and certificate files. Relative paths start
 * at the file's folder. All problems are found at once: `error.details.problems` is a `LocatedProblem[]`.
 * @returns CONFIG_UNREADABLE or CONFIG_INVALID
 */
export function loadConfig(path: string, identity: IdentityFiles = 'there'): ConfigResult<NodeConfig> {
  const file = resolve(path)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return {
      ok: false,
      error: new BatonError('CONFIG_UNREADABLE', `the configuration ${file} cannot be read: ${reasonOf(error)}`, {
        remedy: 'name the file with --config, or write one with `baton network init`',
        cause: error,
      }),
    }
  }
  return parseConfig(text, file, identity)
}

/** `loadConfig` on text; `file` is its absolute path, for messages and relative paths. */
export function parseConfig(text: string, file: string, identity: IdentityFiles = 'there'): ConfigResult<NodeConfig> {
  let input: Record<string, unknown>
  try {
    input = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const why = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '')
    return invalid(file, [{ line: error.line, key: '', message: `not TOML: ${why} (column ${error.column})` }])
  }

  const parsed = configSchema.safeParse(input)
  const found: Problem[] = parsed.success ? [] : problemsOf(parsed.error.issues, input)
  const config = parsed.success
    ? parsed.data
    : without(
        input,
        found.map(({ path }) => path),
      )

  const absolute = (path: string) => resolve(dirname(file), path)
  const genesis = config.genesis === undefined ? null : readGenesis(absolute(config.genesis))
  if (genesis !== null && !genesis.ok) found.push({ path: ['genesis'], message: genesis.error.message })
  const document = genesis?.ok ? genesis.value : null
  found.push(...checkFiles(config, document?.network ?? null, absolute, identity), ...checkRelations(config, document))

  if (parsed.success && document !== null && found.length === 0) {
    return { ok: true, value: resolveConfig(parsed.data, file, document) }
  }
  const lineOf = locateKeys(text)
  const located = found.map(({ path, message }) => ({ line: lineOf(path) ?? null, key: formatPath(path), message }))
  return invalid(
    file,
    located.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  )
}

function invalid(file: string, problems: readonly LocatedProblem[]): ConfigResult<NodeConfig> {
  const lines = problems.map(({ line, message }) => `  ${line === null ? '' : `line ${line}: `}${message}`)
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  return {
    ok: false,
    error: new BatonError('CONFIG_INVALID', `${file} has ${count}:\n${lines.join('\n')}`, {
      remedy: `mend the file, then run: baton config check ${file}`,
      details: { file, problems },
    }),
  }
}
