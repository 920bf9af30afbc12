// Questions are put together, so that each thing is read once.
import {expect, test} from '@jest/globals';
import {findLink, mergeQuestions, noQuestion} from '../../../src/kernel/facts.ts';

test('one question out of many asks for each thing once', () => {
  const first = {...noQuestion, hostLinks: ['cni0', 'cni1'], sysctls: ['a']};
  const second = {...noQuestion, hostLinks: ['cni1', 'cni2'], containerLinks: ['eth0'], masquerade: true, routes: true};
  expect(mergeQuestions([first, noQuestion, second])).toEqual({
    hostLinks: ['cni0', 'cni1', 'cni2'],
    containerLinks: ['eth0'],
    sysctls: ['a'],
    masquerade: true,
    routes: true,
  });
  expect(mergeQuestions([])).toEqual(noQuestion);
});

test('the same name is another link in the other netns', () => {
  const link = (index: number) => ({index, name: 'eth0'}) as never;
  const facts = {host: {eth0: link(1)}, container: {eth0: link(2)}, sysctls: {}, masqueraded: [], routes: []};
  expect([findLink(facts, 'host', 'eth0')?.index, findLink(facts, 'container', 'eth0')?.index]).toEqual([1, 2]);
  expect(findLink(facts, 'host', 'eth1')).toBeUndefined();
});
