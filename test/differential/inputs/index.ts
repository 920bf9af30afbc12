// The table of all inputs. A new plugin is one more file beside these and a line here.
import type {Input} from '../input.ts';
import {bridgeInputs} from './bridge.ts';
import {environmentInputs} from './environment.ts';
import {faultInputs} from './faults.ts';
import {firewallInputs} from './firewall.ts';
import {hostLocalInputs} from './host-local.ts';
import {loopbackInputs} from './loopback.ts';
import {portmapInputs} from './portmap.ts';
import {ptpInputs} from './ptp.ts';
import {shapeInputs} from './shape.ts';
import {staticInputs} from './static.ts';
import {versionInputs} from './versions.ts';

export const inputs: readonly Input[] = [
  ...environmentInputs,
  ...versionInputs,
  ...bridgeInputs,
  ...faultInputs,
  ...firewallInputs,
  ...hostLocalInputs,
  ...loopbackInputs,
  ...portmapInputs,
  ...ptpInputs,
  ...shapeInputs,
  ...staticInputs,
];
