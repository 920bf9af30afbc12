// Makes dist/cni-hook: one executable that needs nothing on the host but the kernel, glibc and nft.
// The hook runs as root in a directory that somebody else wrote, so nothing may be loaded from there.
const build = await Bun.build({
  entrypoints: ['src/main.ts'],
  target: 'bun',
  format: 'esm',
  minify: true,
  bytecode: true,
  splitting: true,
  compile: {
    outfile: 'dist/cni-hook',
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
});
for (const message of build.logs) console.error(message);
