// OCI state in the forms in which runtimes really send it: runc's, crun's and podman's as they were captured, youki's as
// its source writes it. What matters is what is not there, and what is there and can't be trusted.
import {describe, expect, test} from '@jest/globals';
import {parseState} from '../../../src/spec/state.ts';

const annotations = {'io.cni-hook.networks': 'mynet', 'org.example/x': '1'};

const forms: readonly {
  readonly who: string;
  readonly sent: object;
  readonly pid: number | undefined;
  readonly status: string;
}[] = [
  {
    who: 'runc at createRuntime',
    sent: {ociVersion: '1.0.2-dev', id: 'c1', status: 'creating', pid: 27044, bundle: '/b/c1', annotations},
    pid: 27044,
    status: 'creating',
  },
  {
    who: 'runc at poststop: no pid at all',
    sent: {ociVersion: '1.0.2-dev', id: 'c1', status: 'stopped', bundle: '/b/c1', annotations},
    pid: undefined,
    status: 'stopped',
  },
  {
    who: 'crun at createRuntime: created, with a root of its own',
    sent: {ociVersion: '1.0', id: 'c1', pid: 14210, root: 'rootfs', bundle: '/b/c1', status: 'created', annotations},
    pid: 14210,
    status: 'created',
  },
  {
    who: 'crun at poststop: pid 0',
    sent: {ociVersion: '1.0', id: 'c1', pid: 0, root: 'rootfs', bundle: '/b/c1', status: 'stopped', annotations},
    pid: undefined,
    status: 'stopped',
  },
  {
    who: 'crun at startContainer: a status that the specification does not know',
    sent: {ociVersion: '1.0', id: 'c1', pid: 0, root: 'rootfs', bundle: '/b/c1', status: 'starting', annotations},
    pid: undefined,
    status: 'starting',
  },
  {
    who: 'podman at createRuntime',
    sent: {
      ociVersion: '1.0.2-dev',
      id: 'c1',
      status: 'creating',
      pid: 3411,
      bundle: '/b/c1',
      annotations: {...annotations, 'io.container.manager': 'libpod', 'io.podman.annotations.autoremove': 'FALSE'},
    },
    pid: 3411,
    status: 'creating',
  },
  {
    who: 'podman at poststop, written by itself',
    sent: {ociVersion: '1.0.2-dev', id: 'c1', status: 'stopped', bundle: '/b/c1', annotations},
    pid: undefined,
    status: 'stopped',
  },
  {
    who: 'youki at createRuntime: with its own keys, one of them null',
    sent: {
      ociVersion: 'v1.0.2',
      id: 'c1',
      status: 'creating',
      pid: 812,
      bundle: '/b/c1',
      annotations,
      created: '2026-11-20T12:00:00.123456Z',
      creator: 0,
      useSystemd: null,
    },
    pid: 812,
    status: 'creating',
  },
  {
    who: 'youki at poststop: the pid of the process that has ended',
    sent: {
      ociVersion: 'v1.0.2',
      id: 'c1',
      status: 'stopped',
      pid: 812,
      bundle: '/b/c1',
      annotations,
      created: '2026-11-20T12:00:00.123456Z',
      creator: 0,
      useSystemd: false,
    },
    pid: 812,
    status: 'stopped',
  },
];

describe.each(forms)('$who', ({sent, pid, status}) => {
  test.each([
    ['on one line', JSON.stringify(sent)],
    ['over many lines', `${JSON.stringify(sent, null, 4)}\n`],
    ['with the keys the other way round', JSON.stringify(Object.fromEntries(Object.entries(sent).reverse()))],
  ])('%s', (_how, text) => {
    expect(parseState(text)).toEqual({
      id: 'c1',
      pid,
      status,
      bundle: '/b/c1',
      annotations: expect.objectContaining(annotations),
    });
  });
});

test.each([{}, {pid: null}, {pid: 0}])('there is no process: %j', extra => {
  expect(parseState(JSON.stringify({id: 'c1', ...extra})).pid).toBeUndefined();
});

test.each([{}, {annotations: null}, {annotations: {}}])('without annotations: %j', extra => {
  expect(parseState(JSON.stringify({id: 'c1', pid: 1, ...extra})).annotations).toEqual({});
});

test.each([
  ['', 'the OCI state on stdin is empty, expected JSON'],
  ['{"id": "c1",', 'the OCI state on stdin:1:13: not valid JSON'],
  ['[]', 'the OCI state on stdin: expected an object, got []'],
  ['null', 'the OCI state on stdin: expected an object, got null'],
  ['{}', 'the OCI state on stdin has no "id"'],
  ['{"id": ""}', 'the OCI state on stdin has no "id"'],
  ['{"id": 7}', 'the OCI state on stdin: "id" must be a string, got 7'],
  ['{"id": "c1", "pid": "12"}', '"pid" must be a whole number from 0 to 4194304, got "12"'],
  ['{"id": "c1", "pid": -1}', '"pid" must be a whole number from 0 to 4194304, got -1'],
  ['{"id": "c1", "annotations": []}', '"annotations": expected an object, got []'],
  ['{"id": "c1", "annotations": {"a": 1}}', '"annotations": "a" must be a string, got 1'],
])('%j is refused as what the runtime sent wrong', (text, message) => {
  expect(() => parseState(text)).toThrow(message);
  expect(() => parseState(text)).toThrow(expect.objectContaining({code: 6}));
});
