// The verbs of a plugin that makes interfaces, over the same attach and detach as the hook's. What a DEL needs is in our
// record; without one it does what it can from the configuration.
import {noQuestion} from '../../kernel/facts.ts';
import {Kernel} from '../../kernel/kernel.ts';
import {closeNetns, isOwnNetns, isStillAt, type OpenNetns, openNetns} from '../../kernel/netns.ts';
import type {Op} from '../../kernel/op.ts';
import {findTool} from '../../kernel/tool.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import {attach, type Prepared} from '../attach.ts';
import {type Chain, prepareChain} from '../chain.ts';
import type {Container} from '../container.ts';
import {whileAttaching, whileDetaching} from '../container-turn.ts';
import {detach} from '../detach.ts';
import {refuseMissing} from '../missing-plugins.ts';
import {prepareIpam} from '../own-segment.ts';
import {type AttachmentRecord, allRecords, findRecord, type RecordKey} from '../record.ts';
import {isHooks, networkOf, type PluginCall, portsOf, requestOf, type Verbs} from './call.ts';
import {isNetns} from './is-netns.ts';
import {removeStray} from './stray.ts';

export const interfaceVerbs: Verbs = {
  add: call =>
    withNetns(call, netns => whileAttaching(call.settings, call.parameters.containerId, () => addLocked(call, netns))),
  del: call => whileDetaching(call.settings, call.parameters.containerId, () => delLocked(call)),
  check: (call, result) => withNetns(call, netns => checkAttachment(call, netns, result)),
  gc: (call, isValid) => {
    const failures: string[] = [];
    for (const record of allRecords(call.settings.stateDir)) {
      if (record.network !== call.network || record.plugin !== call.type || isValid(record)) continue;
      collect(failures, () => whileDetaching(call.settings, record.containerId, () => detachOrThrow(call, record)));
    }
    for (const ipam of chainOf(call).ipam) {
      collect(failures, () => ipam.gc(portsOf(call), owner => isValid(owner) || isHooks(call, owner)));
    }
    if (failures.length > 0) throw new CniError('kernelRefused', failures.join('; '));
  },
  status: call => {
    if (process.geteuid?.() !== 0) throw new CniError('pluginNotAvailable', `plugin "${call.type}" needs root`);
    const chain = chainOf(call);
    const obstacles = findObstacles(chain, call.network);
    if (obstacles.length > 0) throw new CniError('pluginNotAvailable', obstacles.join('; '));
    for (const ipam of chain.ipam) ipam.status(portsOf(call));
  },
};

function addLocked(call: PluginCall, netns: OpenNetns): Result {
  const prepared = prepare(call);
  const container: Container = {
    id: call.parameters.containerId,
    process: undefined,
    netns,
    bundle: '',
    stage: 'running',
  };
  const record = findRecord(call.settings.stateDir, keyOf(call));
  if (record?.result && stands(record, record.result, prepared.chain, netns)) return record.result;
  refuseMissing({...call.settings, pluginDirs: call.parameters.path}, prepared.network, prepared.chain);
  if (record) detachOrThrow(call, record);
  return attach(call.settings, container, prepared).result;
}

function delLocked(call: PluginCall): void {
  const record = findRecord(call.settings.stateDir, keyOf(call));
  if (record) {
    detachOrThrow(call, record);
    return;
  }
  // The state was lost, another implementation did the ADD, or there was none: what is wrong with the rest of the
  // configuration, so that no ADD could succeed, must not keep a runtime from getting rid of the container.
  removeStray(call);
  const ipam = call.conf.child('ipam').string('type');
  if (ipam !== '') prepareIpam(ipam, call.conf, requestOf(call), call.settings.dataDir).del(portsOf(call));
}

function checkAttachment(call: PluginCall, netns: OpenNetns, result: Result): void {
  const chain = chainOf(call);
  for (const ipam of chain.ipam) ipam.check(portsOf(call), result.ips);
  const faults = findFaults(chain, netns, call.network, result);
  if (faults.length === 0) return;
  throw new CniError('attachmentFaulty', `container "${call.parameters.containerId}": ${faults.join('; ')}`);
}

/** True if the record is of this netns and everything it tells of is there. */
function stands(record: AttachmentRecord, result: Result, chain: Chain, netns: OpenNetns): boolean {
  const {inode, device} = netns.identity;
  const isHere = record.netns.inode === inode && record.netns.device === device;
  return record.state === 'done' && isHere && findFaults(chain, netns, record.network, result).length === 0;
}

function findFaults(chain: Chain, netns: OpenNetns, network: string, result: Result): readonly string[] {
  const kernel = new Kernel(netns);
  try {
    return chain.check(kernel.observe(chain.checkQuestion(result), network), result).map(({what}) => what);
  } finally {
    kernel.close();
  }
}

/** Why no ADD could succeed here, as far as that is known without one. */
function findObstacles({segments}: Chain, network: string): readonly string[] {
  const own = segments.filter(segment => segment.kind === 'own');
  const missing = own.flatMap(({tools}) => tools).filter(tool => !findTool(tool));
  const kernel = new Kernel();
  try {
    const onHost = own.flatMap(({question: {hostLinks}, obstacles}) =>
      obstacles(kernel.observe({...noQuestion, hostLinks}, network)),
    );
    return [...missing.map(tool => `"${tool}" is not installed`), ...onHost];
  } finally {
    kernel.close();
  }
}

function prepare(call: PluginCall): Prepared {
  const request = requestOf(call);
  const network = networkOf(call);
  const chain = prepareChain(network, request, call.settings.dataDir);
  return {request, plugin: call.type, previous: call.previous, network, chain, keepSeconds: 0, names: undefined};
}

const chainOf = (call: PluginCall): Chain => prepareChain(networkOf(call), requestOf(call), call.settings.dataDir);

function withNetns<T>({parameters, ownNetnsAllowed}: PluginCall, work: (netns: OpenNetns) => T): T {
  const netns = openNetns(parameters.netns);
  try {
    if (!isNetns(netns)) throw new CniError('noNetns', `CNI_NETNS "${parameters.netns}" is no network namespace`);
    if (!ownNetnsAllowed && isOwnNetns(netns)) {
      throw new CniError('invalidEnvironment', `CNI_NETNS "${parameters.netns}" is the plugin's own network namespace`);
    }
    return work(netns);
  } finally {
    closeNetns(netns);
  }
}

/** What is in the container is taken back too, by the path that the caller names if that leads to the recorded netns, or else by the recorded one. */
function detachOrThrow({settings, parameters}: PluginCall, record: AttachmentRecord): void {
  const path = parameters.netns;
  const netns = isStillAt(path, record.netns) ? openNetns(path) : undefined;
  const kernel = new Kernel(netns);
  try {
    const [failure] = detach(settings, path === '' ? sparingLoopback(record) : record, netns && kernel);
    if (failure) throw failure;
  } finally {
    kernel.close();
    if (netns) closeNetns(netns);
  }
}

/** Without a netns in the call "lo" stays up: it is no interface of ours, and whoever lives on in the recorded one needs it. */
function sparingLoopback(record: AttachmentRecord): AttachmentRecord {
  const isOther = (op: Op) => op.op !== 'link.set' || op.link !== 'lo';
  const steps = record.steps.map(step => (step.kind === 'own' ? {...step, undo: step.undo.filter(isOther)} : step));
  return {...record, steps};
}

function collect(failures: string[], work: () => void): void {
  try {
    work();
  } catch (error) {
    failures.push(reasonOf(error));
  }
}

const keyOf = ({network, type, parameters: {containerId, ifName}}: PluginCall): RecordKey => ({
  network,
  containerId,
  ifName,
  plugin: type,
});
