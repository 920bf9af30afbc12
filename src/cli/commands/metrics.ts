// `metrics`: numbers for Prometheus, on stdout or in a file for the node exporter's textfile collector.
import {renameSync, rmSync, writeFileSync} from 'node:fs';
import {string} from '@oclif/core/flags';
import {CniError, reasonOf} from '../../spec/error.ts';
import {BaseCommand} from '../base.ts';
import {type Metric, measure} from '../metrics/measure.ts';
import {formatMetrics} from '../metrics/prometheus.ts';

export default class Metrics extends BaseCommand {
  static override readonly description =
    'Addresses used and free by network, attachments by state, and what the log tells of operations, failures and durations. The log is bounded, and so is what is counted from it.';

  static override readonly flags = {
    output: string({
      summary: 'Write to this file, whole and in one step: the node exporter reads *.prom.',
      helpValue: 'FILE',
      char: 'o',
    }),
  };

  async run(): Promise<readonly Metric[]> {
    const {flags} = await this.parse(Metrics);
    const settings = this.settingsFrom(flags);
    const metrics = measure(settings, this.logOrNothing(settings.stateDir));
    const lines = formatMetrics(metrics);
    if (flags.output === undefined) this.print(lines);
    else replaceFile(flags.output, `${lines.join('\n')}\n`);
    return metrics;
  }
}

/** The name beside it does not end in ".prom", so that nobody reads it before it is whole. */
function replaceFile(file: string, text: string): void {
  const beside = `${file}.${process.pid}.new`;
  try {
    writeFileSync(beside, text, {mode: 0o644});
    renameSync(beside, file);
  } catch (cause) {
    rmSync(beside, {force: true});
    throw new CniError('ioFailure', `cannot write "${file}": ${reasonOf(cause)}`, {cause});
  }
}
