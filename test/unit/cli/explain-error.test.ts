import { BatonError, ERROR_CODES, type ErrorCode } from '@baton/shared/errors'
import { describe, expect, it } from 'vitest'
import { EXPLANATIONS, explainError, formatError } from '../../../node-runtime/src/cli/explain-error.ts'

describe('explaining errors', () => {
  it('[CLI1] says of every code why it happens and what to do, and exits by its owner', () => {
    const statuses = new Map<string, Set<number>>()
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { owner } = ERROR_CODES[code]
      const explained = explainError(new BatonError(code, 'something happened'))
      expect(explained).toMatchObject({ code, what: 'something happened', ...EXPLANATIONS[code] })
      expect(explained.why.length).toBeGreaterThan(10)
      expect(explained.remedy.length).toBeGreaterThan(10)
      statuses.set(owner, (statuses.get(owner) ?? new Set()).add(explained.exitStatus))
    }
    const used = [...statuses.values()].map((set) => [...set])
    expect(used.every((set) => set.length === 1)).toBe(true)
    expect(new Set(used.flat()).size).toBe(statuses.size)
    expect(used.flat()).not.toContain(0)
  })

  it("[CLI1] prefers the error's own remedy", () => {
    const error = new BatonError('PORT_TAKEN', 'another process already listens on listen.api = "127.0.0.1:7201"', {
      remedy: 'stop it',
    })
    expect(formatError(explainError(error))).toBe(
      `error PORT_TAKEN: another process already listens on listen.api = "127.0.0.1:7201"
  why: another process listens on the port
  do:  stop it
`,
    )
  })

  it('[CLI1] says which package a command lacks: `demo` needs more than the published package has', async () => {
    const error = await import('a-package-that-is-not-there' as string).catch((reason: unknown) => reason)
    expect(explainError(new Error("Cannot find package 'miniflare' imported from /x/main.js"))).toMatchObject({
      code: 'CONFIG_INVALID',
      what: 'this command needs the package miniflare, which is not installed',
      remedy: 'npm install -g miniflare',
    })
    expect(explainError(error).remedy).toBe('npm install -g a-package-that-is-not-there')
  })

  it('[CLI1] takes an error without a code for a bug', () => {
    expect(explainError(new TypeError('x is not a function'))).toMatchObject({ code: 'INTERNAL', exitStatus: 70 })
  })
})
