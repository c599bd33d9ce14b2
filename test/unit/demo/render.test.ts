import { expect, test } from 'vitest'
import type { LiveModel } from '../../../node-runtime/src/demo/live/model.ts'
import { timed } from '../../../node-runtime/src/demo/live/observer.ts'
import { renderLive } from '../../../node-runtime/src/demo/live/render.ts'

const MODEL: LiveModel = {
  folder: '/tmp/baton-demo-1',
  height: 42,
  perSecond: 100,
  acknowledged: 4_200,
  failed: 0,
  inFlight: 3,
  clusters: [
    {
      cluster: 'c1',
      epoch: 2,
      master: 'c1-n2',
      syncSet: ['c1-n2'],
      nodes: [
        { node: 'c1-n1', site: 'x', role: '', lamp: 'down', height: null },
        { node: 'c1-n2', site: 'y', role: 'master', lamp: 'up', height: 42 },
        { node: 'c1-n3', site: 'x', role: 'ordinary', lamp: 'up', height: 42 },
      ],
    },
  ],
  switches: [{ atMs: 0, cluster: 'c1', node: 'c1-n2', epoch: 2, afterMs: 118.4 }],
  selected: 0,
  message: 'killed c1-n1, the master of c1',
}

/** As a reader sees it: without styles. */
function seen(columns: number): string[] {
  const styles = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
  return renderLive(MODEL, columns).map((line) => line.replaceAll(styles, '').trimEnd())
}

test('shows each cluster by site, who is master, what is down, and the last switch', () => {
  const lines = seen(120)
  expect(lines[0]).toBe('Baton  height 42   100 tx/s   4200 acknowledged, 0 failed, 3 in flight')
  expect(lines[3]).toBe('               site X                    site Y')
  expect(lines[4]).toBe('› c1  epoch 2  ✕ c1-n1 down              ● c1-n2 master')
  expect(lines[5]).toBe('               ● c1-n3 ordinary')
  expect(lines.find((line) => line.includes('after the fault'))).toMatch(
    /c1 → c1-n2 under epoch 2 {3}118 ms after the fault$/,
  )
  expect(lines.at(-2)).toBe('killed c1-n1, the master of c1')
})

test('cuts lines to the terminal, and never inside a style', () => {
  const narrow = renderLive(MODEL, 20)
  for (const line of seen(20)) expect([...line].length).toBeLessThanOrEqual(20)
  expect(narrow.join('')).not.toMatch(new RegExp(`${String.fromCharCode(27)}(?!\\[\\d+m)`))
})

test('a fault times the first switch of its cluster after it, and no later one', () => {
  const promotion = (cluster: string, epoch: number, atMs: number) => ({ cluster, node: `${cluster}-n2`, epoch, atMs })
  const promotions = [promotion('c1', 2, 50), promotion('c1', 3, 130), promotion('c2', 2, 140), promotion('c1', 4, 900)]
  const strikes = [{ cluster: 'c1', atMs: 100 }]
  expect(timed(promotions, strikes).map(({ afterMs }) => afterMs)).toEqual([null, 30, null, null])
})
