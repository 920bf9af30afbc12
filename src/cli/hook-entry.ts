// What stands in a config.json or in a hooks.d file for each of the two hooks. The environment is told in full: podman gives
// its poststop none at all, and runc would hand down that of whoever called it.

export const hookStages = ['createRuntime', 'poststop'] as const;
export type HookStage = (typeof hookStages)[number];

export type HookEntry = {path: string; args: string[]; env: string[]; timeout: number};

/** `executable` is an absolute path. */
export const hookEntry = (stage: HookStage, executable: string): HookEntry => ({
  path: executable,
  args: ['cni-hook', stage],
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  timeout: 30,
});
