/** The command was typed in a way that cannot work: exit code 2. */
export class UsageError extends Error {}
