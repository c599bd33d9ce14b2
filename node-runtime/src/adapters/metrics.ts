/** The metrics of `metrics/table.ts` over prom-client, in a registry of their own. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelArguments,
  METRICS,
  type Metric,
  type MetricName,
} from './metrics/table.ts'

export interface Metrics {
  /** Sets a gauge. */
  set<Name extends GaugeName>(name: Name, value: number, ...labels: LabelArguments<Name>): void
  /** Raises a counter. */
  add<Name extends CounterName>(name: Name, amount: number, ...labels: LabelArguments<Name>): void
  /** Records one observation. */
  observe<Name extends HistogramName>(name: Name, value: number, ...labels: LabelArguments<Name>): void
  /** Forgets all label values of a gauge: before setting the ones that hold now. */
  clear(name: GaugeName): void
  /** Prometheus text format, version 0.0.4. */
  render(): Promise<string>
}

export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  const instruments = new Map<MetricName, Gauge | Counter | Histogram>()
  for (const [name, metric] of Object.entries(METRICS)) {
    instruments.set(name as MetricName, instrument(name, metric, registry))
  }
  const gauge = (name: GaugeName) => instruments.get(name) as Gauge
  const counter = (name: CounterName) => instruments.get(name) as Counter
  const histogram = (name: HistogramName) => instruments.get(name) as Histogram

  gauge('baton_build_info').set({ version }, 1)
  let cpuSeconds = 0
  return {
    set: (name, value, ...[labels]) => gauge(name).set(labels ?? {}, value),
    add: (name, amount, ...[labels]) => counter(name).inc(labels ?? {}, amount),
    observe: (name, value, ...[labels]) => histogram(name).observe(labels ?? {}, value),
    clear: (name) => gauge(name).reset(),
    render() {
      const { user, system } = process.cpuUsage()
      const used = (user + system) / 1e6
      counter('baton_process_cpu_seconds_total').inc(used - cpuSeconds)
      cpuSeconds = used
      gauge('baton_process_resident_bytes').set(process.memoryUsage.rss())
      gauge('baton_process_uptime_seconds').set(process.uptime())
      return registry.metrics()
    },
  }
}

function instrument(name: string, metric: Metric, registry: Registry): Gauge | Counter | Histogram {
  const options = { name, help: metric.help, labelNames: [...metric.labels], registers: [registry] }
  switch (metric.type) {
    case 'gauge':
      return new Gauge(options)
    case 'counter':
      return new Counter(options)
    case 'histogram':
      return new Histogram({ ...options, buckets: [...(metric.buckets ?? [])] })
  }
}
