// What a command says when it fails: one line on stderr, or with --json one object on stdout; never a stack trace unless
// CNI_HOOK_DEBUG is set. oclif's own words take several lines, so its errors are told by what they carry and said anew.
import {CLIError} from '@oclif/core/errors';
import {CniError, errorCodes, reasonOf} from '../spec/error.ts';
import {asSuggestion, nearest} from '../spec/suggest.ts';
import {newest} from '../spec/version.ts';

/** The call can't be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Says what went wrong with the command, and sets the exit code. `flags` are those that the command takes. */
export function report(
  command: string | undefined,
  error: unknown,
  asJson: boolean,
  flags: readonly string[] = [],
): void {
  const isUsage = error instanceof UsageError || error instanceof CLIError;
  const msg = error instanceof CLIError ? usageReason(error, flags, command) : reasonOf(error);
  process.exitCode = isUsage ? 2 : 1;
  if (asJson) process.stdout.write(`${JSON.stringify(errorJson(error, msg))}\n`);
  else process.stderr.write(`cni-hook${command === undefined ? '' : ` ${command}`}: ${msg}\n`);
  if (process.env.CNI_HOOK_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

/** CNI's error object (SPEC.md, "Error"); what has no code of its own is one of input and output, or of the call. */
function errorJson(error: unknown, msg: string): object {
  if (error instanceof CniError) return {cniVersion: newest, code: error.code, msg, details: error.details};
  const isUsage = error instanceof UsageError || error instanceof CLIError;
  return {cniVersion: newest, code: isUsage ? errorCodes.invalidEnvironment : errorCodes.ioFailure, msg};
}

/** The parser's errors carry the flags that do not exist, or the arguments that are missing or too many. */
type ParserError = CLIError & {
  readonly flags?: readonly string[];
  readonly args?: readonly (string | {readonly name: string})[];
};

function usageReason(error: ParserError, known: readonly string[], command: string | undefined): string {
  const hint = `run "cni-hook ${command ?? ''} --help" for how it is called`;
  const [flag] = error.flags ?? [];
  if (flag !== undefined) return `there is no flag "${flag}": ${asSuggestion(nearest(flag, known)) ?? hint}`;
  const [arg] = error.args ?? [];
  if (typeof arg === 'string') return `"${arg}" is one argument too many: ${hint}`;
  if (arg !== undefined) return `${arg.name.toUpperCase()} is missing: ${hint}`;
  return `${reasonOf(error.message.split('\n')[0])}: ${hint}`;
}
