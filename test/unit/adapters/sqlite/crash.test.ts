import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../../../node-runtime/src/adapters/sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const WRITER = join(import.meta.dirname, 'writer-process.ts')

/** Kills the writer with SIGKILL once it has committed `index`; what it had named by then. */
async function writeUntilKilled(folder: string, index: number): Promise<{ index: number; height: number }> {
  const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8')
  for await (const chunk of child.stdout) {
    text += chunk
    if (lastLine(text).index >= index) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')
  return lastLine(text)
}

function lastLine(text: string): { index: number; height: number } {
  const [index, height] = (text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1) ?? '').split(' ').map(Number)
  return { index: index ?? 0, height: height ?? 0 }
}

describe('a process killed with SIGKILL while it writes', () => {
  test('[GU1] loses nothing committed, and the hash chain is intact', async () => {
    const folder = temporaryFolder()
    let goal = 0
    for (let round = 0; round < 4; round++) {
      const named = await writeUntilKilled(folder, goal + 100)
      const store = openSqliteStore({ folder })
      const entries = store.load().entries
      expect(entries.length).toBeGreaterThanOrEqual(named.index)
      expect(entries.map((entry) => entry.index)).toEqual(entries.map((_, i) => i + 1))
      expect(store.tip()).toBeGreaterThanOrEqual(named.height)
      // Entries and blocks of one commit are there together or not at all.
      expect(entries.length).toBe(store.tip() * 3)
      goal = entries.length
      store.close()
    }
  }, 30_000)

  test('leaves the data folder free, and names itself while it lives', async () => {
    const folder = temporaryFolder()
    const child: ChildProcess = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout!, 'data')
      expect(() => openSqliteStore({ folder })).toThrowError(
        expect.objectContaining({
          code: 'DATA_FOLDER_IN_USE',
          details: { folder, pid: child.pid },
          remedy: expect.stringContaining(String(child.pid)),
        }),
      )
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const store = openSqliteStore({ folder })
    expect(store.load().entries.length).toBeGreaterThan(0)
    store.close()
  }, 30_000)
})
