// The shape of a row of the benchmark, and the bars that it is held to. A row is measured in rounds; a round takes one
// sample of every side, one after the other, so that whatever else the machine does falls on all of them alike.

/** One sample of each side, by its name. */
export type Samples = Readonly<Record<string, number>>;

/** A row that stands ready in its private host. */
export interface Ready {
  readonly round: (number: number) => Samples | Promise<Samples>;
  /** What else there is to say when the rounds are over: failures, duplicates. */
  readonly remarks?: () => readonly string[];
}

export interface Ratio {
  readonly of: string;
  readonly to: string;
  /** The most that it may be; undefined for one that is reported only. */
  readonly bar: number | undefined;
}

export interface Row {
  readonly title: string;
  readonly unit: 'ms' | 'MB';
  /** Each side, with what exactly it does in the time that is taken. */
  readonly sides: Readonly<Record<string, string>>;
  readonly ratios: readonly Ratio[];
  readonly rounds: {readonly full: number; readonly quick: number};
  /** Debian packages that it needs beside those that every row does. */
  readonly packages?: readonly string[];
  /** Why it can't be measured here; undefined if it can. */
  readonly missing?: () => string | undefined;
  readonly open: (quick: boolean) => Ready | Promise<Ready>;
}

/** What came of a row, as it goes from the private host to whoever prints it. */
export interface Outcome {
  readonly name: string;
  readonly samples: readonly Samples[];
  readonly remarks: readonly string[];
  /** In place of samples: why there are none. */
  readonly missing?: string;
}
