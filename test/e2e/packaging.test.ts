/** The published package: packed, installed without scripts and without a registry, and run from there. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../node-runtime/package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '../..')
/** Only the development Node: nothing else of the repository is within reach of the installed command. */
const ENV = { ...process.env, PATH: [join(process.execPath, '..'), process.env.PATH].join(delimiter) }
const run = promisify(execFile)

let folder: string
let baton: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-package-'))
  await run('npm', ['pack', '-w', 'node-runtime', '--pack-destination', folder], { cwd: ROOT, env: ENV })
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))!
  const install = [
    'install',
    '-g',
    '--ignore-scripts',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    join(folder, 'prefix'),
  ]
  await run('npm', [...install, join(folder, tarball)], { cwd: folder, env: ENV })
  baton = join(folder, 'prefix/bin/baton')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package', () => {
  it('[PKG1] holds bundled JavaScript only: no dependencies, no install scripts, no native module', () => {
    const installed = join(folder, 'prefix/lib/node_modules/@baton/node')
    const packed = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
    expect(packed).toMatchObject({ name: '@baton/node', engines: { node: '>=24' } })
    expect(packed.dependencies).toBeUndefined()
    expect(packed.optionalDependencies).toBeUndefined()
    const scripts = Object.keys((packed.scripts ?? {}) as object)
    expect(scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([])
    expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'monitoring', 'package.json'])
    expect(readdirSync(join(installed, 'monitoring')).sort()).toEqual(['alerts.yml', 'grafana.json'])
    expect(readdirSync(join(installed, 'dist')).sort()).toEqual([
      'THIRD-PARTY-LICENSES.txt',
      'authentication-node.js',
      'baton.js',
      'main.js',
      'receivables.jsonl',
    ])
  })

  it('[PKG2] prints its version', async () => {
    const { stdout, stderr } = await run(baton, ['--version'], { cwd: folder, env: ENV })
    expect({ stdout, stderr }).toEqual({ stdout: `${manifest.version}\n`, stderr: '' })
  })

  it('[PKG2] explains errors like the sources do', async () => {
    await expect(run(baton, ['run', '--config', 'nothing.toml'], { cwd: folder, env: ENV })).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringContaining('error CONFIG_UNREADABLE'),
    })
  })

  it('[PKG2] says what to install for `demo`, which needs a control plane on this machine', async () => {
    await expect(run(baton, ['demo', '--once'], { cwd: folder, env: ENV })).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringContaining('do:  npm install -g miniflare'),
    })
  })

  it('[PKG2] makes a network and runs a node of it, which answers and stops on SIGTERM with status 0', async () => {
    const port = await freePortPair()
    const init = ['network', 'init', '--network', 'trade', '--out', 'net', '--nodes-per-cluster', '1']
    const authority = ['--authority-url', 'http://127.0.0.1:9', '--base-port', String(port)]
    await run(baton, [...init, ...authority], { cwd: folder, env: ENV })

    const node = spawn(baton, ['run', '--config', 'net/nodes/c1-n1/baton.toml'], { cwd: folder, env: ENV })
    let output = ''
    node.stdout.on('data', (data: Buffer) => (output += data.toString()))
    node.stderr.on('data', (data: Buffer) => (output += data.toString()))
    const exited = new Promise<number | null>((resolve) => node.once('exit', resolve))
    try {
      const status = await untilAnswered(`http://127.0.0.1:${port + 1}/v1/status`, exited, () => output)
      expect(status).toMatchObject({ network: 'trade', cluster: 'c1', node: 'c1-n1', version: manifest.version })
      node.kill('SIGTERM')
      expect(await exited, output).toBe(0)
    } finally {
      node.kill('SIGKILL')
    }
  })
})

/** A free port whose successor is free too. */
async function freePortPair(): Promise<number> {
  for (;;) {
    const port = await listenOnce(0)
    if (port < 65_535 && (await listenOnce(port + 1).catch(() => 0)) !== 0) return port
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as { port: number }).port
      server.close(() => resolve(taken))
    })
  })
}

const START_MS_MAX = 20_000

async function untilAnswered(url: string, exited: Promise<number | null>, output: () => string): Promise<unknown> {
  const deadline = performance.now() + START_MS_MAX
  let ended = false
  void exited.then(() => {
    ended = true
  })
  while (performance.now() < deadline) {
    if (ended) throw new Error(`the node ended: ${output()}`)
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok) return answer.json()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no answer from ${url} in ${START_MS_MAX} ms: ${output()}`)
}
