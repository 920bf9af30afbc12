// Which part is meant. The hook's part loads without the command line's, and the other way round.
const first = process.argv[2];

if (first === 'createRuntime' || first === 'prestart' || first === 'poststop') {
  const {runHook} = await import('./hook.ts');
  process.exit(runHook(first, process.argv.slice(3)));
} else {
  const {runCommand} = await import('./cli/run.ts');
  await runCommand(process.argv.slice(2));
}

export {};
