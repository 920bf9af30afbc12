// What comes with every call, whatever the plugin: the variables, the text on stdin, the keys that all configurations have.
import {callsOf, type Input, type Variables} from '../input.ts';
import {answer, because, code, type Difference, ownMac, undone} from '../reasons.ts';
import {bridge, hostLocal, v4} from './configs.ts';

const conf = bridge({isGateway: true, ...hostLocal([v4])});
const {add, call, check, del} = callsOf('bridge', conf);

/** ADD and DEL with these variables. */
const withVariables = (what: string, env: Variables, ...differs: readonly Difference[]): Input => ({
  what,
  steps: [add({env}), del({env})],
  differs,
});

/** The reference has made the bridge by then, and fails at DEL as well. */
const noNetns = [code(107, 'ADD'), undone, answer('away at DEL', '2 DEL')];
const shortVersion = [
  ...['1 ADD', '2 DEL'].map(call => answer('short version', call)),
  because('short version', /(links|queues|addresses|routes|leases)$/),
];

const variables: readonly Input[] = [
  withVariables('no container id', {CNI_CONTAINERID: undefined}),
  withVariables('an empty container id', {CNI_CONTAINERID: ''}),
  withVariables('no netns', {CNI_NETNS: undefined}, because('nothing at DEL', /leases$/)),
  withVariables('no interface name', {CNI_IFNAME: undefined}),
  withVariables('no path', {CNI_PATH: undefined}),
  withVariables('none of them', {CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined}),
  withVariables('a container id with a slash', {CNI_CONTAINERID: '../c1'}),
  withVariables('a container id that begins with a dot', {CNI_CONTAINERID: '.c1'}),
  withVariables('a container id with every character', {CNI_CONTAINERID: 'c1_a.b-C'}),
  withVariables('an interface name of 15 bytes', {CNI_IFNAME: 'eth0-0123456789'}),
  withVariables('an interface name of 16 bytes', {CNI_IFNAME: 'eth0-0123456789a'}),
  withVariables('an interface name with a slash', {CNI_IFNAME: 'eth/0'}),
  withVariables('an interface name with a colon', {CNI_IFNAME: 'eth0:1'}),
  withVariables('an interface name with a space', {CNI_IFNAME: 'eth 0'}),
  withVariables('an interface name of one dot', {CNI_IFNAME: '.'}),
  withVariables('an interface name of two dots', {CNI_IFNAME: '..'}),
  withVariables('an interface name of three dots', {CNI_IFNAME: '...'}),
  withVariables(
    'a netns that is not there',
    {CNI_NETNS: '/run/netns/nowhere'},
    code(107),
    undone,
    because('nothing at DEL', /leases$/),
  ),
  withVariables('a netns that is a directory', {CNI_NETNS: '/run/netns'}, ...noNetns),
  withVariables('a netns that is a regular file', {CNI_NETNS: '/etc/passwd'}, ...noNetns),
  withVariables('a netns of another kind', {CNI_NETNS: '/proc/self/ns/uts'}, ...noNetns),
  withVariables('a path with an empty directory', {CNI_PATH: '/nowhere::DIR'}),
  withVariables('arguments that are empty', {CNI_ARGS: ''}),
  withVariables('arguments that nobody knows', {CNI_ARGS: 'COLOUR=blue'}, code(4)),
  withVariables('arguments that nobody knows, to be ignored', {CNI_ARGS: 'IgnoreUnknown=true;COLOUR=blue'}),
  withVariables('IgnoreUnknown that is neither', {CNI_ARGS: 'IgnoreUnknown=maybe;COLOUR=blue'}, code(4)),
  withVariables('a MAC', {CNI_ARGS: 'IgnoreUnknown=1;MAC=02:11:22:33:44:55'}),
  withVariables(
    'a MAC that is none',
    {CNI_ARGS: 'IgnoreUnknown=1;MAC=first'},
    code(4),
    undone,
    because('nothing at DEL', /leases$/),
  ),
  withVariables(
    'a MAC of a group',
    {CNI_ARGS: 'IgnoreUnknown=1;MAC=03:11:22:33:44:55'},
    code(4),
    undone,
    because('nothing at DEL', /leases$/),
  ),
  {what: 'a verb that nobody knows', steps: [call('FETCH')]},
  {what: 'a verb in small letters', steps: [call('add')]},
  {what: 'CHECK without a container id', steps: [add(), check(1, {env: {CNI_CONTAINERID: undefined}})]},
  {what: 'CHECK without a netns', steps: [add(), check(1, {env: {CNI_NETNS: undefined}})]},
];

const given = (what: string, text: object | string, ...differs: readonly Difference[]): Input => {
  const calls = callsOf('bridge', text);
  return {what, steps: [calls.add(), calls.del()], differs};
};
const mac = (more: object) => bridge({...hostLocal([v4]), isGateway: true, ...more});

const texts: readonly Input[] = [
  given('nothing on stdin', ''),
  given('no JSON on stdin', 'bridge'),
  given('half of a JSON on stdin', JSON.stringify(conf).slice(0, -1)),
  given('a list on stdin', '[]'),
  given('null on stdin', 'null', because('type of a value', / code$/, '6')),
  given('JSON and more on stdin', `${JSON.stringify(conf)} more`),
  given('an empty object', {}),
  given('no name', {...conf, name: undefined}),
  given('an empty name', {...conf, name: ''}),
  given('a name with a slash', {...conf, name: '../net1'}),
  given('a name with a space', {...conf, name: 'net 1'}),
  given('a name that begins with a dash', {...conf, name: '-net1'}),
  given('a name that is a number', {...conf, name: 1}, because('type of a value', / code$/, '7')),
  given('no version', {...conf, cniVersion: undefined}),
  given('an empty version', {...conf, cniVersion: ''}),
  given('a version that is none', {...conf, cniVersion: 'newest'}, because('version first', / code$/, '6')),
  given('a version that nobody speaks', {...conf, cniVersion: '9.0.0'}),
  given('a version of one number', {...conf, cniVersion: '1'}, ...shortVersion),
  given('a version with a letter in front', {...conf, cniVersion: 'v1.0.0'}, because('version first', / code$/, '6')),
  given('keys of everybody in capitals', {CNIVERSION: '1.0.0', NAME: 'net1', TYPE: 'bridge', BRIDGE: 'br1'}, ownMac),
  given('a MAC by args', mac({args: {cni: {mac: '02:11:22:33:44:66'}}})),
  given('a MAC by capability', mac({runtimeConfig: {mac: '02:11:22:33:44:77'}})),
  given('a MAC by both', mac({args: {cni: {mac: '02:11:22:33:44:66'}}, runtimeConfig: {mac: '02:11:22:33:44:77'}})),
];

export const environmentInputs: readonly Input[] = [...variables, ...texts].map(input => ({
  ...input,
  what: `every plugin: ${input.what}`,
}));
