// Metrics in Prometheus' text format (version 0.0.4). Every metric has its HELP and TYPE lines, with samples or without.
import type {Metric, Sample} from './measure.ts';

export function formatMetrics(metrics: readonly Metric[]): readonly string[] {
  return metrics.flatMap(({name, help, samples}) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map(sample => `${name}${formatLabels(sample)} ${sample.value}`),
  ]);
}

function formatLabels({labels}: Sample): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escapeValue = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
