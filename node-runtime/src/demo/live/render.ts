/** The live view as lines of text with ANSI colours: a pure function of the model. */
import type { ClusterLine, Lamp, LiveModel, NodeLine, SwitchLine } from './model.ts'

const SWITCHES_SHOWN = 6
const NODE_WIDTH = 26
const STYLES = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const
const LAMPS: Record<Lamp, { readonly mark: string; readonly style: keyof typeof STYLES }> = {
  up: { mark: '●', style: 'green' },
  starting: { mark: '◌', style: 'yellow' },
  frozen: { mark: '❄', style: 'cyan' },
  down: { mark: '✕', style: 'red' },
}

export const KEYS_LINE =
  '1-4 choose a cluster   its master: k kill  f freeze  p switch over   its site: s kill   h heal   q check and quit'

/** @param columns lines are cut to this width */
export function renderLive(model: LiveModel, columns: number): string[] {
  const sites = [...new Set(model.clusters.flatMap(({ nodes }) => nodes.map(({ site }) => site)))].sort()
  return [
    `${style('bold', 'Baton')}  height ${model.height}   ${model.perSecond} tx/s   ${model.acknowledged} acknowledged, ${model.failed} failed, ${model.inFlight} in flight`,
    style('dim', `data ${model.folder}`),
    '',
    `${' '.repeat(15)}${sites.map((site) => `site ${site.toUpperCase()}`.padEnd(NODE_WIDTH)).join('')}`,
    ...model.clusters.flatMap((cluster, index) => clusterLines(cluster, sites, index === model.selected)),
    '',
    style('bold', 'last switches'),
    ...(model.switches.length === 0
      ? [style('dim', '  none yet')]
      : model.switches.slice(-SWITCHES_SHOWN).toReversed().map(switchLine)),
    '',
    model.message,
    style('dim', KEYS_LINE),
  ].map((line) => cut(line, columns))
}

function clusterLines(cluster: ClusterLine, sites: readonly string[], selected: boolean): string[] {
  const columns = sites.map((site) => cluster.nodes.filter((node) => node.site === site))
  const rows = Math.max(...columns.map((nodes) => nodes.length))
  return Array.from({ length: rows }, (_, row) => {
    const head = row === 0 ? `${selected ? '›' : ' '} ${cluster.cluster}  epoch ${cluster.epoch}` : ''
    const cells = columns.map((nodes) => (nodes[row] === undefined ? ' '.repeat(NODE_WIDTH) : cell(nodes[row])))
    return `${head.padEnd(15)}${cells.join('')}`
  })
}

function cell({ node, role, lamp }: NodeLine): string {
  const { mark, style: name } = LAMPS[lamp]
  const text = `${node} ${lamp === 'up' ? role : lamp}`
  const shown = role === 'master' && lamp === 'up' ? style('bold', text) : text
  return `${style(name, mark)} ${shown}${' '.repeat(Math.max(0, NODE_WIDTH - 2 - text.length))}`
}

function switchLine({ atMs, cluster, node, epoch, afterMs }: SwitchLine): string {
  const time = new Date(atMs).toLocaleTimeString('en-GB')
  const after = afterMs === null ? '' : `   ${Math.round(afterMs)} ms after the fault`
  return `  ${time}  ${cluster} → ${node} under epoch ${epoch}${after}`
}

function style(name: keyof typeof STYLES, text: string): string {
  return `\x1b[${STYLES[name]}m${text}\x1b[0m`
}

const ESCAPE = String.fromCharCode(27)

/** Cuts to a visible width; styles do not count. */
function cut(line: string, columns: number): string {
  let visible = 0
  let shown = ''
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === ESCAPE) {
      const end = line.indexOf('m', at)
      shown += line.slice(at, end + 1)
      at = end
    } else if (visible < columns) {
      shown += line[at]
      visible += 1
    }
  }
  return shown
}
