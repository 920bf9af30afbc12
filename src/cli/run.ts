export async function runCommand(args: readonly string[]) {
  console.log(args);
}
