// Runs the executable and takes its answer: JSON on stdout, and an error as CNI error JSON.
import {spawn} from 'node:child_process';
import {CniError} from '../spec/error.ts';
import {Fields, isObject, type Json} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';

/** As Node has it, in words of its own: a program that has our types need not have Node's. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Runs it with `input` on stdin. Throws the CniError that it answers with. */
export async function run(
  executable: string,
  args: readonly string[],
  input: string,
  environment: Environment = process.env,
): Promise<Json | undefined> {
  const child = spawn(executable, args, {env: environment, stdio: 'pipe'});
  const output = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', cause => reject(new CniError('toolFailed', `cannot run "${executable}"`, {cause})));
    child.once('close', resolve);
  });
  const [stdout = '', stderr = ''] = await Promise.all(output);
  const answer = stdout.trim() === '' ? undefined : parseJson(stdout, `the answer of "${executable}"`);
  if (status === 0) return answer;
  throw (
    asError(answer) ??
    asProblems(answer) ??
    new CniError('toolFailed', stderr.trim() || `"${executable}" ended with ${status}`)
  );
}

function asError(answer: Json | undefined): CniError | undefined {
  if (!isObject(answer) || typeof answer.code !== 'number') return undefined;
  const error = new Fields(answer, 'the answer');
  return new CniError(answer.code, error.string('msg'), {details: error.string('details')});
}

/** What `validate` answers with where something is wrong. */
function asProblems(answer: Json | undefined): CniError | undefined {
  if (!Array.isArray(answer)) return undefined;
  const problems = answer.flatMap(item => (isObject(item) && typeof item.problem === 'string' ? [item.problem] : []));
  return problems.length > 0 ? new CniError('invalidConfig', problems.join('; ')) : undefined;
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
