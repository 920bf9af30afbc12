// loopback: brings "lo" up. Runtimes do so for a netns that they make; one made by hand has it down.
import {noQuestion} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import type {InterfacePlugin} from '../plugin.ts';

export const loopback: InterfacePlugin = {
  type: 'loopback',
  prepare: (_conf, {netns}) => ({
    ipam: undefined,
    makes: undefined,
    question: noQuestion,
    checkQuestion: () => ({...noQuestion, containerLinks: ['lo']}),
    check: facts => (facts.container.lo?.up ? [] : [{what: '"lo" is down', mend: [bringUp]}]),
    add: (_facts, _ipam, previous) => ({
      plan: {shared: [], own: [bringUp]},
      result: previous ?? {
        interfaces: [{name: 'lo', mac: '00:00:00:00:00:00', sandbox: netns}],
        ips: [
          {address: '127.0.0.1/8', interface: 0},
          {address: '::1/128', interface: 0},
        ],
        routes: [],
        dns: {},
      },
    }),
  }),
};

const bringUp: Op = {op: 'link.set', netns: 'container', link: 'lo', up: true};
