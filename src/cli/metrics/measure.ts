// What can be counted on this host, as numbers with names and labels. What comes from the log covers what the log still holds,
// which is bounded: these are gauges and not counters, and go down when the log is moved away.
import {type AttachmentState, type AttachmentView, listAttachments} from '../../runtime/inspect.ts';
import type {LogEntry} from '../../runtime/log.ts';
import type {Settings} from '../../runtime/settings.ts';
import {type NetworkView, viewNetworks} from '../network-views.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Throws `ioFailure` if the records may not be looked at. */
export function measure(settings: Settings, log: readonly LogEntry[]): readonly Metric[] {
  const all = listAttachments(settings.stateDir);
  const views = viewNetworks(settings);
  return [...addresses(views), attachments(all, views), ...operations(log)];
}

function addresses(views: readonly NetworkView[]): readonly Metric[] {
  const ranges = views.flatMap(({name, ranges: all}) =>
    all.map(range => ({...range, labels: {network: name ?? '', range: `${range.start}-${range.end}`}})),
  );
  // Two files with one name are one network, and the first of them counts.
  const isFirst = ({labels}: {labels: object}, i: number) =>
    ranges.findIndex(other => JSON.stringify(other.labels) === JSON.stringify(labels)) === i;
  const own = ranges.filter(isFirst);
  return [
    {
      name: 'cni_hook_addresses_used',
      help: 'Addresses of the range that are leased.',
      samples: own.map(({labels, used}) => ({labels, value: used})),
    },
    {
      name: 'cni_hook_addresses_free',
      help: 'Addresses of the range that can still be given out.',
      samples: own.map(({labels, free}) => ({labels, value: free})),
    },
  ];
}

const states: readonly AttachmentState[] = ['alive', 'planned', 'dead', 'unreadable'];

function attachments(all: readonly AttachmentView[], views: readonly NetworkView[]): Metric {
  const configured = views.flatMap(({name}) => name ?? []);
  const networks = [...new Set([...configured, ...all.map(({network}) => network)])].sort();
  return {
    name: 'cni_hook_attachments',
    help: 'Attachments by the state of their container.',
    samples: networks.flatMap(network =>
      states.map(state => ({
        labels: {network, state},
        value: all.filter(item => item.network === network && item.state === state).length,
      })),
    ),
  };
}

function operations(log: readonly LogEntry[]): readonly Metric[] {
  const events = [...new Set(log.map(({event}) => event))].sort();
  const byEvent = events.map(event => {
    const entries = log.filter(entry => entry.event === event);
    const seconds = entries
      .flatMap(({phases}) => (phases ? [Math.round(phases.reduce((sum, {ms}) => sum + ms, 0) * 1000) / 1e6] : []))
      .sort((a, b) => a - b);
    return {
      labels: {event},
      failed: entries.filter(({level}) => level === 'error').length,
      all: entries.length,
      seconds,
    };
  });
  const timed = byEvent.filter(({seconds}) => seconds.length > 0);
  const since = Date.parse(log[0]?.time ?? '');
  return [
    {
      name: 'cni_hook_log_operations',
      help: 'Operations in the log, which is bounded.',
      samples: byEvent.map(({labels, all}) => ({labels, value: all})),
    },
    {
      name: 'cni_hook_log_failures',
      help: 'Operations in the log that failed.',
      samples: byEvent.map(({labels, failed}) => ({labels, value: failed})),
    },
    {
      name: 'cni_hook_log_operation_seconds',
      help: 'How long operations in the log took: quantile 1 is the longest.',
      samples: timed.flatMap(({labels, seconds}) =>
        [0.5, 0.9, 0.99, 1].map(quantile => ({
          labels: {...labels, quantile: String(quantile)},
          value: quantileOf(seconds, quantile),
        })),
      ),
    },
    {
      name: 'cni_hook_log_start_seconds',
      help: 'When the oldest operation in the log was: seconds since 1970.',
      samples: Number.isNaN(since) ? [] : [{labels: {}, value: since / 1000}],
    },
  ];
}

/** The smallest value that so large a part of the sorted values does not exceed. */
function quantileOf(sorted: readonly number[], quantile: number): number {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
}
