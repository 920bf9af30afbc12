// Loaded before oclif, which asks for a home directory and a shell while it loads, and fails for a user id that nobody has
// given a name. It finds nothing of ours in either.
process.env.HOME ??= '/';
process.env.SHELL ??= '';

export {};
