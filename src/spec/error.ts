// What can go wrong, in CNI's words: one class, one table of codes.
// A message is one line: what was being done, the object in quotes, the cause, and where it helps what to do.

/** Error codes: 1 to 99 belong to the specification (SPEC.md, "Error"), 100 and up are ours. */
export const errorCodes = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  tryAgainLater: 11,
  pluginNotAvailable: 50,
  limitedConnectivity: 51,
  kernelRefused: 100,
  rangeExhausted: 101,
  addressTaken: 102,
  unknownNetwork: 103,
  unknownPlugin: 104,
  attachmentExists: 105,
  toolFailed: 106,
  noNetns: 107,
  attachmentFaulty: 108,
  portTaken: 109,
} as const;

export type ErrorKind = keyof typeof errorCodes;

/** An error with a CNI code. `details` is for a second line that a person may want; `msg` alone must be enough. */
export class CniError extends Error {
  override readonly name = 'CniError';
  readonly code: number;
  readonly details: string | undefined;

  /** A number is a code that another plugin gave. */
  constructor(kind: ErrorKind | number, msg: string, options: {details?: string; cause?: unknown} = {}) {
    super(msg, options.cause === undefined ? undefined : {cause: options.cause});
    this.code = typeof kind === 'number' ? kind : errorCodes[kind];
    this.details = options.details;
  }
}

/** True if `error` is a CniError of that kind. */
export function isKind(error: unknown, kind: ErrorKind): error is CniError {
  return error instanceof CniError && error.code === errorCodes[kind];
}

/** The one line that says what went wrong, whatever was thrown. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replaceAll(/\s*\n\s*/g, '; ');
}
