import { BatonError } from '@baton/shared/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Act, perform } from '../../../node-runtime/src/cli/operations/act.ts'
import type { ActRequest, AuthorityClient } from '../../../node-runtime/src/client/authority-client.ts'

interface Said {
  readonly name: string
  readonly body: ActRequest
}

/** An authority whose registry is what the test says at each look. */
function authority(looks: readonly { version: number; master: string }[], refuse: readonly (string | null)[] = []) {
  const said: Said[] = []
  const refusals = [...refuse]
  let look = 0
  const stateNow = () => ({
    ...looks[Math.min(look, looks.length - 1)]!,
    generation: 0,
    epoch: 1,
    syncSet: [],
    bars: [],
  })
  const client = {
    status: async () => {
      const state = stateNow()
      look += 1
      return { state }
    },
    act: async (_cluster: string, name: string, body: ActRequest) => {
      said.push({ name, body })
      const code = body.dryRun ? null : refusals.shift()
      if (code) throw new BatonError(code as 'STALE_VERSION', 'said the test')
      return { state: stateNow(), events: [{ event: 'ordered', who: 'ann', why: body.why }] }
    },
  }
  return { said, client: client as unknown as AuthorityClient }
}

const masterOf = ({ master }: { master: string }) => master
const ORDER: Act = { name: 'order', cluster: 'c1', fields: { id: 'o-1', node: 'c1-n1' }, seen: masterOf as never }
const DANGEROUS: Act = { ...ORDER, danger: 'c1-n1 will lose the mastership' }

describe('an act of an operator on the command line', () => {
  let output = ''
  let errors = ''
  beforeEach(() => {
    output = ''
    errors = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text)
      return true
    })
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      errors += String(text)
      return true
    })
  })
  afterEach(() => void vi.restoreAllMocks())

  it('[CLI9] is looked at first, then done against the version that was seen', async () => {
    const { said, client } = authority([{ version: 7, master: 'c1-n1' }])
    await perform(client, ORDER, { reason: 'wrong results' })
    expect(said.map(({ body }) => body)).toEqual([
      { id: 'o-1', node: 'c1-n1', why: 'wrong results', dryRun: true },
      { id: 'o-1', node: 'c1-n1', why: 'wrong results', dryRun: false, against: 7 },
    ])
    expect(output).toContain('ordered (ann: wrong results)\nmaster c1-n1')
  })

  it('[CLI9] with --dry-run changes nothing', async () => {
    const { said, client } = authority([{ version: 7, master: 'c1-n1' }])
    expect(await perform(client, DANGEROUS, { dryRun: true })).toBeNull()
    expect(said.map(({ body }) => body.dryRun)).toEqual([true])
    expect(output).toContain('would be: ordered')
  })

  it('[CLI9] that is dangerous is not done where nobody can be asked (no terminal), unless --yes says so', async () => {
    const { said, client } = authority([{ version: 7, master: 'c1-n1' }])
    await expect(perform(client, DANGEROUS, {})).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(said.map(({ body }) => body.dryRun)).toEqual([true])
    expect(errors).toContain('c1-n1 will lose the mastership')
    await perform(client, DANGEROUS, { yes: true })
    expect(said.map(({ body }) => body.dryRun)).toEqual([true, true, false])
  })

  it('[CLI9, RG1] is asked again when only the version has moved, and refused when what was seen has changed', async () => {
    const same = [1, 2, 3].map((version) => ({ version, master: 'c1-n1' }))
    const moved = authority(same, ['STALE_VERSION', null])
    await perform(moved.client, ORDER, {})
    expect(moved.said.map(({ body }) => body.against)).toEqual([undefined, 2, 3])
    const changed = authority([same[0]!, same[1]!, { version: 3, master: 'c1-n2' }], ['STALE_VERSION'])
    await expect(perform(changed.client, ORDER, {})).rejects.toMatchObject({ code: 'STALE_VERSION' })
    expect(changed.said.filter(({ body }) => !body.dryRun)).toHaveLength(1)
  })

  it('[CLI2, CLI9] prints one JSON line with --json', async () => {
    const { client } = authority([{ version: 7, master: 'c1-n1' }])
    await perform(client, ORDER, { json: true })
    expect(JSON.parse(output)).toMatchObject({
      dryRun: false,
      events: [{ event: 'ordered' }],
      state: { master: 'c1-n1' },
    })
  })
})
