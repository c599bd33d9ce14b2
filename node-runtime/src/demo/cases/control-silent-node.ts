import type { DemoCase } from './case.ts'

export const controlSilentNode: DemoCase = {
  name: 'control-silent-node',
  summary: 'freezes one node before the check: the verdict must be unknown',
  kind: 'control',
  when: 'end',
  async run({ network, tell }) {
    const node = network.nodes.at(-1)!
    node.freeze()
    tell(`${node.files.node} is frozen and will not answer the checker`)
    return null
  },
}
