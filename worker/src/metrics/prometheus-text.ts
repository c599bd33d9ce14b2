/** The text format of Prometheus. */
export interface Sample {
  readonly value: number
  readonly labels?: Labels
}

/** Names of networks, clusters, nodes and codes: none has a character that needs quoting. */
export type Labels = Readonly<Record<string, string>>

export interface MetricSamples {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

/** `labels` stand at every sample, before its own. */
export function renderMetrics(metrics: readonly MetricSamples[], labels: Labels): string {
  const lines = metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map((sample) => `${name}{${labelText({ ...labels, ...sample.labels })}} ${sample.value}`),
  ])
  return `${lines.join('\n')}\n`
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')
}
