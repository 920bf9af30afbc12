// All rows, by the names that --only takes, in the order of the table. Each is measured in a private host of its own.
import type {Row} from '../row.ts';
import {hookPlain, hookWithMasquerading, pluginPlain, pluginWithMasquerading} from './add.ts';
import {atOnce} from './at-once.ts';
import {delAlive, poststop} from './del.ts';
import {addAmongLeases, delAmongLeases} from './leases.ts';
import {memory} from './memory.ts';
import {netavark} from './netavark.ts';
import {ports} from './ports.ts';
import {wholeRun} from './whole-run.ts';

export const rows: Readonly<Record<string, Row>> = {
  'hook-masq': hookWithMasquerading,
  'hook-plain': hookPlain,
  'plugin-masq': pluginWithMasquerading,
  'plugin-plain': pluginPlain,
  poststop,
  'del-alive': delAlive,
  ports,
  'at-once': atOnce,
  'leases-add': addAmongLeases,
  'leases-del': delAmongLeases,
  'whole-run': wholeRun,
  memory,
  netavark,
};
