// How the process that holds an open project handles its own memory, where the system lets us choose (Linux, glibc).
//
// Freed memory of native code (SQLite's pages, buffers, what hashed a passphrase) keeps its content until it is used again. glibc overwrites it when it
// is freed if its tunables say so, and the limit of core files is inherited: both have to be there before the process begins. So it begins once
// more, as the same process, with both. Child processes get neither the overwriting, which would slow training down, nor need it: they end.
//
// Elsewhere nothing happens: core files are off by default on macOS and Windows, and their allocators are not told.

// The byte that freed memory is filled with; and no cache of freed blocks in each thread, because what goes there is not filled.
// https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
const TUNABLES = "glibc.malloc.perturb=85:glibc.malloc.tcache_count=0";

/** Does not return where the process has to begin once more. Call it before anything is open. */
export function overwriteFreedMemory(): void {
  const { GLIBC_TUNABLES: given } = process.env;
  if (process.platform !== "linux" || given?.endsWith(TUNABLES)) return;
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  // sh: Node cannot set limits. `exec` makes it this process again.
  process.execve?.("/bin/sh", ["sh", "-c", 'ulimit -c 0; exec "$0" "$@"', ...command], {
    ...process.env,
    GLIBC_TUNABLES: [given, TUNABLES].filter(Boolean).join(":"),
  });
}
