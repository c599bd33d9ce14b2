import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig, parseConfig } from '../../../node-runtime/src/config/load.ts'
import { folder, GENESIS, GOOD, problemsIn } from './fixture.ts'

let path: string
beforeAll(() => {
  path = folder()
})
afterAll(() => rmSync(path, { recursive: true }))

describe('a good file', () => {
  it('[CF1] is resolved: absolute paths, defaults of the genesis policy, no peer that is the node itself', () => {
    writeFileSync(join(path, 'baton.toml'), GOOD)
    const loaded = loadConfig(join(path, 'baton.toml'))
    if (!loaded.ok) throw loaded.error
    expect(loaded.value).toMatchObject({
      file: join(path, 'baton.toml'),
      node: 'c1-n1',
      dataFolder: join(path, 'data'),
      keyFile: join(path, 'node.key.json'),
      listen: { peer: { host: '127.0.0.1', port: 7101 } },
      advertise: { peer: '127.0.0.1:7101', api: '127.0.0.1:7201' },
      authorityUrl: 'http://127.0.0.1:8787',
      timing: { preset: 'genesis', heartbeatMs: 50, suspectAfterMs: 500, masterTtlMs: 1_000 },
      durability: 'preferred',
      syncReplicas: 1,
      noFailover: false,
      application: 'ledger',
      voteJournal: false,
      injectFsyncMs: 0,
      log: { level: 'info' },
    })
    expect(loaded.value.peers.map(({ node }) => node)).toEqual(['c1-n2', 'c2-n1'])
    expect(loaded.value.genesis).toEqual(GENESIS)
  })

  it('[CF1, CF3] takes a module for the application, relative to the file', () => {
    writeFileSync(join(path, 'mine.ts'), '')
    const parsed = parseConfig(`application = "./mine.ts"\n${GOOD}`, join(path, 'baton.toml'))
    if (!parsed.ok) throw parsed.error
    expect(parsed.value).toMatchObject({ application: 'ledger', applicationFile: join(path, 'mine.ts') })
    const named = parseConfig(`application = "ledger"\n${GOOD}`, join(path, 'baton.toml'))
    expect(named.ok && named.value.applicationFile).toBeNull()
  })

  it('[CF1] lets single values override a preset', () => {
    const text = `${GOOD}[timing]\npreset = "lan"\nheartbeatMs = 20\nsuspectAfterMs = 200\n[consensus]\nproposeMs = 77\n`
    const parsed = parseConfig(text, join(path, 'baton.toml'))
    if (!parsed.ok) throw parsed.error
    expect(parsed.value.timing).toEqual({ preset: 'lan', heartbeatMs: 20, suspectAfterMs: 200, masterTtlMs: 1_000 })
    expect(parsed.value.consensus).toMatchObject({ proposeMs: 77, prevoteMs: 40 })
  })
})

/** What is appended to or replaced in the good file, and every problem that must be named. */
const TABLE: readonly [what: string, edit: (text: string) => string, problems: readonly string[]][] = [
  [
    'contradictory timings name both values',
    (text) => `${text}[timing]\nheartbeatMs = 50\nsuspectAfterMs = 120\n`,
    ['32: suspectAfterMs = 120 must be more than 3 × heartbeatMs = 50 (150)'],
  ],
  [
    'a heartbeat too slow for the genesis policy',
    (text) => `${text}[timing]\nheartbeatMs = 200\n`,
    ['31: suspectAfterMs = 500 (genesis) must be more than 3 × heartbeatMs = 200 (600)'],
  ],
  [
    'a suspicion later than the time to live',
    (text) => `${text}[timing]\nsuspectAfterMs = 600\n`,
    [
      '31: masterTtlMs = 1000 (genesis) must be at least 2 × suspectAfterMs = 600 (1200): the authority must not forget a master before its peers suspect it',
    ],
  ],
  [
    'a preset that the authority does not go by',
    (text) => `${text}[timing]\npreset = "wan"\n`,
    [
      '31: masterTtlMs = 5000 (preset "wan") must equal the genesis policy of cluster c1, masterTtlMs = 1000: the authority goes by that one',
    ],
  ],
  [
    'a misspelled key suggests the known one',
    (text) => `${text}[timing]\nheartbeat_ms = 50\n`,
    ['31: unknown key timing.heartbeat_ms: did you mean timing.heartbeatMs?'],
  ],
  [
    'a key in the wrong table is sent to the right one',
    (text) => text.replace('[listen]', 'priority = 3\n[listen]'),
    ['9: unknown key priority: priority belongs under [election]'],
  ],
  [
    'a key that means nothing lists the known ones',
    (text) => text.replace('[authority]', '[authority]\ntimezone = "UTC"'),
    ['14: unknown key authority.timezone: known here are url'],
  ],
  [
    'a missing key says what is wanted',
    (text) => text.replace('site = "x"\n', ''),
    ['null: site is missing: it must be a name in quotes'],
  ],
  [
    'a missing table',
    (text) => text.replace('[authority]\nurl = "http://127.0.0.1:8787/"\n', ''),
    ['null: authority is missing: must be a table'],
  ],
  ['a wrong type shows the value', (text) => text.replace('"c1-n1"', '7'), ['1: node = 7 must be a name in quotes']],
  [
    'a bad address',
    (text) => text.replace('127.0.0.1:7201', '127.0.0.1'),
    ['11: listen.api = "127.0.0.1" must be "host:port" with a port from 1 to 65535'],
  ],
  [
    'one port for two listeners',
    (text) => text.replace('127.0.0.1:7201', '127.0.0.1:7101'),
    ['11: listen.api = "127.0.0.1:7101" must not use the port of listen.peer = "127.0.0.1:7101"'],
  ],
  [
    'every interface without an advertised address',
    (text) => text.replace('api = "127.0.0.1:7201"', 'api = "0.0.0.0:7201"'),
    [
      '11: listen.api = "0.0.0.0:7201" is every interface, so advertise.api is needed: the address that other hosts use',
    ],
  ],
  [
    'durability that contradicts the number of standbys',
    (text) => `${text}[replication]\ndurability = "required"\nsyncReplicas = 0\n`,
    [
      '31: durability = "required" must equal the genesis policy of cluster c1, durability = "preferred"',
      '32: syncReplicas = 0 contradicts durability = "required": it needs at least 1 standby',
    ],
  ],
  [
    'more standbys than nodes',
    (text) => `${text}[replication]\nsyncReplicas = 2\n`,
    ['31: syncReplicas = 2 must be at most the number of other nodes of cluster c1 in [[peers]] (1)'],
  ],
  [
    'two peers at one address',
    (text) => text.replace('127.0.0.1:7103', '127.0.0.1:7102'),
    ['29: peers[2] and peers[1] have the same address "127.0.0.1:7102"'],
  ],
  [
    'one node twice',
    (text) => text.replace('node = "c2-n1"', 'node = "c1-n2"'),
    ['27: peers[2] and peers[1] are both node c1-n2'],
  ],
  [
    'a peer of a cluster that genesis does not have, and a cluster without a peer',
    (text) => text.replace('cluster = "c2"', 'cluster = "c9"'),
    [
      '16: [[peers]] names no node of c2, but genesis has the clusters c1, c2',
      '28: peers[2].cluster = "c9" is not in genesis, whose clusters are c1, c2',
    ],
  ],
  [
    'a module for the application that is not there',
    (text) => `application = "./absent.js"\n${text}`,
    ['1: application = "./absent.js" cannot be read: no such file (/absent.js)'],
  ],
  [
    'an application that is neither a name nor a module',
    (text) => `application = "My App"\n${text}`,
    ['1: application = "My App" must be the name in genesis, or the path of a module such as "./mine.js"'],
  ],
  [
    'another application than genesis',
    (text) => `application = "tokens"\n${text}`,
    ['1: application = "tokens" must equal application = "ledger" in genesis: all clusters execute the same'],
  ],
  [
    'a certificate of another node',
    (text) => text.replaceAll('node = "c1-n1"', 'node = "c1-n3"'),
    ['7: node = "c1-n3", but the certificate "node.certificate.jws" is for node "c1-n1"'],
  ],
  [
    'files that are not there',
    (text) => text.replace('"node.key.json"', '"no.key"').replace('"genesis.json"', '"no.json"'),
    ['5: genesis /no.json cannot be read: no such file', '6: key = "no.key" cannot be read: no such file (/no.key)'],
  ],
  [
    'text that is not TOML',
    (text) => text.replace('"x"', '"x'),
    ['3: not TOML: control characters are not allowed in strings (column 10)'],
  ],
  [
    'all problems at once, in the order of the file',
    (text) =>
      `${text.replace('site = "x"', 'site = "X 1"')}[timing]\nheartbeatMs = 50\nsuspectAfterMs = 120\nttl = 3\n`,
    [
      '3: site = "X 1" must be 1 to 63 lower-case letters, digits and inner hyphens',
      '32: suspectAfterMs = 120 must be more than 3 × heartbeatMs = 50 (150)',
      '33: unknown key timing.ttl: known here are preset, heartbeatMs, suspectAfterMs, masterTtlMs',
    ],
  ],
]

describe('a bad file', () => {
  it.each(TABLE)('[CF2] %s', (_, edit, problems) => {
    expect(problemsIn(edit(GOOD), path)).toEqual(problems)
  })

  it('[CF2] whose private key others can read says how to mend it', () => {
    chmodSync(join(path, 'node.key.json'), 0o644)
    try {
      expect(problemsIn(GOOD, path)).toEqual([
        '6: key = "node.key.json" has mode 644, but a private key must be readable by its owner only: chmod 600 /node.key.json',
      ])
    } finally {
      chmodSync(join(path, 'node.key.json'), 0o600)
    }
  })

  it('[CF2] that does not exist is CONFIG_UNREADABLE with a remedy', () => {
    const loaded = loadConfig(join(path, 'nothing.toml'))
    expect(loaded).toMatchObject({ ok: false, error: { code: 'CONFIG_UNREADABLE' } })
    expect(!loaded.ok && loaded.error.remedy).toContain('baton network init')
  })
})
