// What stands in a config.json or in a hooks.d file for each of the two hooks. The environment is told in full: podman gives
// its poststop none at all, and runc would hand down that of whoever called it.

export const hookStages = ['createRuntime', 'poststop'] as const;
export type HookStage = (typeof hookStages)[number];

export type HookEntry = {path: string; args: string[]; env: string[]; timeout: number};

// The engine compiles what it meets often, and a hook has ended before that pays: it takes an eighth more time with it. An
// executable can't say so itself. What runs for long, such as an index made anew, is compiled all the same.
const lateCompiler = 'BUN_JSC_thresholdForJITAfterWarmUp=20000';
// The engine does not start in a directory that is gone, and runc calls a hook where whoever has called runc stands: in a
// bundle that somebody has removed meanwhile. (crun goes to the bundle itself, and calls no hook if it is gone.)
const place = 'BUN_OPTIONS=--cwd=/';

/** `executable` is an absolute path. */
export const hookEntry = (stage: HookStage, executable: string): HookEntry => ({
  path: executable,
  args: ['cni-hook', stage],
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', lateCompiler, place],
  timeout: 30,
});
