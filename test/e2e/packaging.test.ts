/** The published package: packed, installed without scripts and without a registry, and run from there. */
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
let tarball: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-package-'))
  await run('npm', ['pack', '-w', 'node-runtime', '--pack-destination', folder], { cwd: ROOT, env: ENV })
  tarball = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz'))!)
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
  await run('npm', [...install, tarball], { cwd: folder, env: ENV })
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
      'application.js',
      'authentication-node.js',
      'baton.js',
      'client.js',
      'faulty-application.mjs',
      'main.js',
      'receivables.jsonl',
      'types',
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

  it('[PKG2, PKG3, CF3] makes a network and runs a node of it with an application of its own, for a typed program', async () => {
    const port = await freePortPair()
    const init = ['network', 'init', '--network', 'trade', '--out', 'net', '--nodes-per-cluster', '1']
    const authority = ['--authority-url', 'http://127.0.0.1:9', '--base-port', String(port)]
    await run(baton, [...init, ...authority], { cwd: folder, env: ENV })

    const config = join(folder, 'net/nodes/c1-n1/baton.toml')
    writeFileSync(config, `application = "./mine.mjs"\n${readFileSync(config, 'utf8')}`)
    writeFileSync(join(folder, 'net/nodes/c1-n1/mine.mjs'), APPLICATION)

    const node = spawn(baton, ['run', '--config', 'net/nodes/c1-n1/baton.toml'], { cwd: folder, env: ENV })
    let output = ''
    node.stdout.on('data', (data: Buffer) => (output += data.toString()))
    node.stderr.on('data', (data: Buffer) => (output += data.toString()))
    const exited = new Promise<number | null>((resolve) => node.once('exit', resolve))
    try {
      const status = await untilAnswered(`http://127.0.0.1:${port + 1}/v1/status`, exited, () => output)
      expect(status).toMatchObject({ network: 'trade', cluster: 'c1', node: 'c1-n1', version: manifest.version })
      expect(await runProgram(join(folder, 'net/genesis.json'), `127.0.0.1:${port + 1}`)).toEqual({
        node: 'c1-n1',
        masters: [],
        answer: 'mine: a question',
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        code: 'UNREACHABLE',
      })
      node.kill('SIGTERM')
      expect(await exited, output).toBe(0)
    } finally {
      node.kill('SIGKILL')
    }
  })
})

/** The built-in application with an answer of its own. */
const APPLICATION = `export default {
  interface: 1,
  create: ({ builtIn }) => Object.assign(builtIn(), { query: (path) => ({ ok: true, value: 'mine: ' + path, key: null }) }),
}`

const TYPED_APPLICATION = `
import { APPLICATION_INTERFACE, type ApplicationModule } from '@baton/node/application'
export default { interface: APPLICATION_INTERFACE, create: ({ builtIn }) => builtIn() } satisfies ApplicationModule
`

/** A program of somebody else, in TypeScript, with nothing but the package. */
const PROGRAM = `
import { readFileSync } from 'node:fs'
import { BatonClient, BatonError, type BatchResult, generateKeyPair, readGenesis, signPut } from '@baton/node/client'

const [file, node] = process.argv.slice(2) as [string, string]
const genesis = readGenesis(readFileSync(file, 'utf8'))
const client = new BatonClient({ urls: [node], route: 'masters', genesis, retryForMs: 500 })
const pair = await generateKeyPair()
const transaction = await signPut({ network: genesis.network, pair }, { key: 'a', value: 'b' })
const status = await client.status()
const masters = await client.masters()
const answer = (await client.query('a question')).value
const nobody = new BatonClient({ urls: ['127.0.0.1:1'], attemptMs: 500, retryForMs: 0 })
const failed: unknown = await nobody.submitBatch([transaction.bytes]).catch((error: unknown) => error)
const code = failed instanceof BatonError ? failed.code : (failed as readonly BatchResult[])
console.log(JSON.stringify({ node: status.node, masters, answer, id: transaction.id, code }))
await Promise.all([client.close(), nobody.close()])
`

/** Installs the tarball as a dependency, checks the program's types as strictly as ours, and runs it. */
async function runProgram(...args: string[]): Promise<unknown> {
  const program = join(folder, 'program')
  mkdirSync(program)
  writeFileSync(join(program, 'package.json'), JSON.stringify({ name: 'program', type: 'module', private: true }))
  writeFileSync(join(program, 'main.ts'), PROGRAM)
  writeFileSync(join(program, 'application.ts'), TYPED_APPLICATION)
  const { include: _, exclude: __, ...tsconfig } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'))
  const compilerOptions = {
    ...tsconfig.compilerOptions,
    skipLibCheck: false,
    typeRoots: [join(ROOT, 'node_modules/@types')],
  }
  writeFileSync(
    join(program, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['main.ts', 'application.ts'] }),
  )
  const install = ['install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', tarball]
  await run('npm', install, { cwd: program, env: ENV })
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: program, env: ENV })
  const { stdout } = await run(process.execPath, ['main.ts', ...args], { cwd: program, env: ENV })
  return JSON.parse(stdout)
}

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
