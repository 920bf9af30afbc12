// What the conformance suite has to know of a plugin: a table entry. A new plugin is one more test file with one of these.

export interface Subject {
  readonly type: string;
  /** Shell commands that come before, in the host. */
  readonly given?: string;
  /** Configurations without what all have (name, cniVersion, type). The first is the richest: it is the one that is broken. */
  readonly configs: readonly Config[];
  readonly sabotage: readonly Sabotage[];
  /** True if what it makes can be taken back from the host's side, so that DEL needs no netns. */
  readonly reachable: boolean;
  /** What may come on top of what ADD made without CHECK finding fault with it. */
  readonly additions: readonly Change[];
  /** The plugins of a network that the hook runs, which hold in it what this plugin would. */
  readonly hooked: object | readonly object[];
  /** A configuration that has no address left to give once one container has it; undefined if the plugin gives none. */
  readonly exhausted: object | undefined;
}

export interface Config {
  readonly what: string;
  readonly conf: object;
  /** Without an address a result can't be told in versions 0.1.0 and 0.2.0. */
  readonly addresses: boolean;
}

/** Shell commands in the host; $PORT is the host's end, and what stands behind $IN is done in the container. */
export interface Change {
  readonly what: string;
  readonly commands: string;
}

export interface Sabotage extends Change {
  /** What CHECK must say. */
  readonly says: RegExp;
}
