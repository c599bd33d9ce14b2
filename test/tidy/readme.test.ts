import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, sourceFiles } from './source-files.ts'

const DOCUMENTS = sourceFiles('.', /^[A-Z]+\.md$/)
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-readme-'))
  const baton = join(folder, 'baton')
  writeFileSync(baton, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'node-runtime/src/cli/main.ts')}" "$@"\n`)
  chmodSync(baton, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('README', () => {
  const blocks = [...README.matchAll(/```sh tested\n([\s\S]*?)```/g)].map((match) => match[1]!)

  test('has commands that can be run here', () => {
    expect(blocks.length).toBeGreaterThan(0)
  })

  test.each(blocks)('these commands run, and the sample configuration parses:\n%s', (block) => {
    const run = spawnSync('bash', ['-euo', 'pipefail', '-c', block], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    })
    expect(`${run.stdout}${run.stderr}`).not.toMatch(/error/i)
    expect(run.status).toBe(0)
  })

  test('every option and case it names exists', () => {
    const commands = [
      ...['demo', 'network init', 'submit', 'status', 'block', 'operator create', 'explain', 'events'],
      ...[
        'switchover',
        'failover',
        'pause',
        'resume',
        'evict',
        'clear',
        'recovery end',
        'restore freeze',
        'restore raise-generation',
      ],
      ...['operator revoke', 'token create', 'join', 'node certify', 'node revoke', 'node list', 'node rename-site'],
      ...['key create', 'key rotate', 'key install', 'authority propose', 'authority sign'],
      ...['owner rotate-key', 'owner changes', 'node send'],
    ].map((command) => helpOf(command))
    // `npm run bench` says in its opening comment what it takes.
    const bench = readFileSync(join(ROOT, 'test/bench/main.ts'), 'utf8').split('*/')[0]!
    const help = [...commands, bench].join('\n')
    const named = [...README.matchAll(/(?:^baton|npm start --|`)[^\n`]*?(--[a-z-]+)/gm)].map((match) => match[1]!)
    const unknown = named.filter((option) => !help.includes(option) && !['--allow-data-loss'].includes(option))
    expect(unknown).toEqual([])
    for (const [, name] of README.matchAll(/--case ([a-z-]+)/g)) expect(help).toContain(name)
  })

  test('every npm script it names exists', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }
    const named = [...README.matchAll(/npm (?:run )?(start|test|bench|check|format)\b/g)].map((match) => match[1]!)
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })
})

describe('documents', () => {
  test('every link to a file, and every path in code, leads somewhere', () => {
    const broken = DOCUMENTS.flatMap(({ path, text }) =>
      [
        ...[...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!),
        ...[...text.matchAll(/`((?:shared|worker|node-runtime|test)\/[\w./-]+)`/g)].map((match) => match[1]!),
      ]
        .filter((target) => !existsSync(join(ROOT, dirname(path), target)))
        .map((target) => `${path} → ${target}`),
    )
    expect(broken).toEqual([])
  })

  test('every heading that a document links to exists', () => {
    const anchors = new Map(DOCUMENTS.map(({ path, text }) => [path, anchorsOf(text)]))
    const broken = DOCUMENTS.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([A-Z]+\.md)?#([^)]+)\)/g)]
        .filter(([, file, anchor]) => !anchors.get(file ?? path)?.has(anchor!))
        .map(([, file, anchor]) => `${path} → ${file ?? ''}#${anchor}`),
    )
    expect(broken).toEqual([])
  })

  test('the repository stands alone: nothing in it refers to a file outside', () => {
    const outside = sourceFiles('.', /\.(md|ts|mjs|toml|json)$/)
      .filter(
        ({ path, text }) =>
          !path.startsWith('test/tidy/') && /(?<![./\w])\.\.\/shared\/[A-Z]+\.md|DESIGN\.md/.test(text),
      )
      .map(({ path }) => path)
    expect(outside).toEqual([])
  })
})

function helpOf(command: string): string {
  const run = spawnSync(join(folder, 'baton'), [...command.split(' '), '--help'], { encoding: 'utf8' })
  return run.stdout
}

function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}
