import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HEAP_OPTIONS } from '../../../node-runtime/src/cli/heap-options.ts'

const LAUNCH = join(import.meta.dirname, '../../../node-runtime/src/cli/launch.ts')

test('the installed command starts Node with the options of the heap, and Node knows them', () => {
  const [first] = readFileSync(LAUNCH, 'utf8').split('\n')
  expect(first).toBe(`#!/usr/bin/env -S node ${HEAP_OPTIONS.join(' ')}`)
  const run = spawnSync(process.execPath, [...HEAP_OPTIONS, '-p', "process.execArgv.join(' ')"], { encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout).toContain(HEAP_OPTIONS.join(' '))
})
