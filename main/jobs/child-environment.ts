// What child processes get of our environment.

/**
 * Ours without the passphrase: a child gets the data key over the channel and never needs more. Without the overwriting of freed memory: a child
 * ends when its work or the project does, and its memory with it. And glibc's allocator keeps what a training step frees for the next one rather than
 * give it back and fetch it again, page by page; other allocators do not know these names (https://man7.org/linux/man-pages/man3/mallopt.3.html).
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { LOUPE_PASSPHRASE: _, GLIBC_TUNABLES: __, ...rest } = process.env;
  return { ...rest, ...KEEPING };
}

/** The largest block that it takes from its own heap (the most that it allows), and how much it may keep. Bytes. */
const KEEPING = { MALLOC_MMAP_THRESHOLD_: `${32 * 2 ** 20}`, MALLOC_TRIM_THRESHOLD_: `${256 * 2 ** 20}` };
