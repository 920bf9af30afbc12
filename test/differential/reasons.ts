// Why we differ from the reference where we mean to: every reason that the table of inputs may give, in one sentence
// that names the section of the specification, or what the reference does wrong.

export const reasons = {
  'specific code': 'SPEC "Error": a code that says what is wrong, where the reference answers 999 to everything',
  'version first':
    'SPEC "Error": what is no version can not be decoded (6), before it can be one that nobody speaks (1)',
  'type of a value':
    'SPEC "Error": JSON that can be decoded and is wrong is an invalid configuration (7) or no object (6)',
  'same answer':
    'ADD asked again for an attachment that stands answers the same, so that a retry works: the reference refuses',
  'one address':
    'an interface holds one address of a set: the reference reserves a second one, or asks for the first in vain',
  undone:
    'SPEC "ADD": a failed ADD takes back what it did: the reference leaves the bridge, or the pair with its address',
  'lease first': 'the address is leased before the kernel is touched, so a failed ADD has moved the round robin',
  'looked at first': 'what is asked for is checked before anything is reserved, so a refused ADD moves no round robin',
  'no turn': 'an address that is asked for is no turn in the round robin: the reference moves its place there',
  'away at DEL':
    'SPEC "DEL": succeeds without a netns and with a path that leads elsewhere, and leaves no interface and no lease',
  'nothing at DEL': 'DEL of what never was makes no directory and no lock',
  'own MAC': 'a bridge that we make keeps its MAC for good: without a gateway the reference lets it follow the ports',
  'right after ADD':
    'SPEC "CHECK": must tolerate being run right after ADD: the reference finds its own interfaces faulty',
  'checked thoroughly':
    'SPEC "CHECK": fails if something that ADD made is missing or changed: the reference does not look',
  'two gateways': 'a bridge holds a gateway address for each IPv4 subnet: the reference has room for one',
  'one default route':
    'a default route that the configuration names is not added a second time: the reference fails over it',
  'bridge without ports':
    'a bridge whose last port has gone has no MAC, and is given one: the reference wants to set the one it has',
  'strict value': 'a value that can not be meant is refused: the reference takes it and answers with something else',
  'asked version':
    'SPEC "VERSION": cniVersion is that of the question (the reference answers 1.0.0), and we speak 1.1.0 too',
  'older version': 'a version that the specification knows is spoken: the reference wants 0.4.0 at least',
  'short version': '"1" is 1.0.0, as everybody else who compares versions has it',
  'result of its version':
    'SPEC "Result": a result in the version of the configuration: the reference answers in the newest form',
  V14: 'what is redirected is redirected once: the reference has two actions that do it',
  'limits at DEL':
    'DEL takes its limits from a link that stays: the reference leaves them, and with them a redirection to nowhere',
  'false alarm':
    'CHECK finds no fault with what the configuration does not speak of: the reference with promiscuous mode, or breaks off',
  V4: 'a DEL takes its own interface out of the masquerade: the reference fails, and takes out those of the others',
  'leases alone': 'in a lease directory a file that is named by no address is no lease, whatever is in it',
  'state as before': 'DEL puts lo back as it was before the ADD: the reference takes down what was up',
  'lease of long ago':
    'a lease that names no interface is no answer to an ADD, and goes with a DEL that finds no other: the reference refuses',
  'file modes': 'leases and lock are for root alone, as with newer versions of the reference',
  'queue length': 'the length of the queue of a veth is left to the kernel: the reference sets it to 0 by accident',
} as const;

export type Reason = keyof typeof reasons;

/** `at` is matched against the name of a place: the number and verb of a call and what was seen, "1 ADD code". */
export interface Difference {
  readonly at: RegExp;
  readonly reason: Reason;
  /** What there must be on our side. */
  readonly ours?: string;
}

export const because = (reason: Reason, at: RegExp, ours?: string): Difference => ({
  at,
  reason,
  ...(ours !== undefined && {ours}),
});

/** Both sides fail, and ours says with this code of what kind it is. */
export const code = (value: number, verbs = 'ADD|CHECK|DEL'): Difference =>
  because('specific code', new RegExp(`(${verbs}) code$`), String(value));

/** Everything that a call has answered: one side failed and the other did not. */
export const answer = (reason: Reason, call: string): Difference =>
  because(reason, new RegExp(`^${call} (exit|stdout|code|message|cniVersion|interfaces|ips|routes|dns)$`));

export const undone = because('undone', /(host|container) (links|queues|addresses|routes)$/);
export const ownMac = because('own MAC', /^1 ADD interfaces$|host links$/);

/** What no input needs to declare. */
export const everywhere: readonly Difference[] = [
  because('file modes', / modes$/),
  because('queue length', / queues$/),
];
