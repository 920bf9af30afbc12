// Whether a file holds a whole record. Everything that somebody reads of a record is looked at, so that one which a person or a
// bad disk has changed counts as broken, and nobody who goes through all of them stumbles over it.
import {isObject} from '../spec/fields.ts';
import type {AttachmentRecord} from './record.ts';

/** True for what writeRecord wrote. */
export function isAttachmentRecord(json: unknown): json is AttachmentRecord {
  if (!isObject(json) || json.version !== 1) return false;
  const {network, containerId, ifName, plugin, bootId, bundle, created} = json;
  const {state, netns, process, leases, steps, result, config} = json;
  return (
    [network, containerId, ifName, plugin, bootId, bundle, created].every(isText) &&
    (state === 'planned' || state === 'done') &&
    isObject(netns) &&
    isText(netns.path) &&
    typeof netns.inode === 'number' &&
    (process === undefined || (isObject(process) && typeof process.pid === 'number' && isText(process.startTime))) &&
    isListOf(leases, isText) &&
    isListOf(steps, isStep) &&
    (result === undefined || isResult(result)) &&
    isObject(config) &&
    isListOf(config.plugins, plugged => isObject(plugged) && isText(plugged.type) && isObject(plugged.json))
  );
}

const isText = (value: unknown): boolean => typeof value === 'string';

const isListOf = (value: unknown, isRight: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(item => isRight(item));

const isStep = (step: unknown): boolean =>
  isObject(step) &&
  (step.kind === 'own' ? isListOf(step.undo, op => isObject(op) && isText(op.op)) : isText(step.type));

const isResult = (result: unknown): boolean =>
  isObject(result) &&
  isListOf(result.interfaces, item => isObject(item) && isText(item.name)) &&
  isListOf(result.ips, item => isObject(item) && isText(item.address)) &&
  Array.isArray(result.routes);
