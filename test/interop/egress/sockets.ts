// What strace wrote about a tree of processes, as facts: whom each of them wanted to reach.
//
// Read from `strace -f -e trace=%network`: an address in connect, sendto, sendmsg or sendmmsg is somebody to send to, one in bind somebody to be
// reached as. What failed counts as much as what succeeded: a program that tries to reach out has tried.

export interface Contact {
  readonly call: string;
  /** `inet 127.0.0.1:80`, `inet6 [::1]:80`, `unix /run/x`, `unix (abstract) x`, `netlink` */
  readonly address: string;
  readonly family: "inet" | "inet6" | "unix" | "netlink" | "other";
  readonly isLoopback: boolean;
  /** times that it was seen */
  readonly count: number;
}

const CALL = /^\d+\s+(?:<\.\.\. )?(connect|bind|sendto|sendmsg|sendmmsg)(?:\(| resumed>)/;
const ADDRESS = /\{sa_family=(AF_\w+)([^}]*)\}/g;

/** Every different contact of a trace, in the order of its first appearance. */
export function readTrace(text: string): Contact[] {
  const contacts = new Map<string, Contact>();
  for (const line of text.split("\n")) {
    const call = CALL.exec(line)?.[1];
    if (call === undefined) continue;
    for (const [, family, rest] of line.matchAll(ADDRESS)) {
      const found = addressOf(family!, rest!);
      const key = `${call} ${found.address}`;
      contacts.set(key, { call, ...found, count: (contacts.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...contacts.values()];
}

function addressOf(family: string, rest: string): Omit<Contact, "call" | "count"> {
  const port = /htons\((\d+)\)/.exec(rest)?.[1] ?? "?";
  if (family === "AF_INET") {
    const host = /inet_addr\("([^"]+)"\)/.exec(rest)?.[1] ?? "?";
    return { address: `inet ${host}:${port}`, family: "inet", isLoopback: host.startsWith("127.") };
  }
  if (family === "AF_INET6") {
    const host = /inet_pton\(AF_INET6, "([^"]+)"/.exec(rest)?.[1] ?? "?";
    const isLoopback = host === "::1" || host.startsWith("::ffff:127.");
    return { address: `inet6 [${host}]:${port}`, family: "inet6", isLoopback };
  }
  if (family === "AF_UNIX") {
    const [, abstract, path] = /sun_path=(@?)"([^"]*)"/.exec(rest) ?? [];
    const address = path === undefined ? "unix (unnamed)" : `unix ${abstract ? "(abstract) " : ""}${path}`;
    return { address, family: "unix", isLoopback: true };
  }
  if (family === "AF_NETLINK") return { address: "netlink", family: "netlink", isLoopback: true };
  return { address: `${family}${rest}`, family: "other", isLoopback: false };
}
