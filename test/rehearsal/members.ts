/** What Hazelcast's log says of a cluster's members. */

/** The addresses of the last list of members in a log, with their ports; undefined where there is none. */
export function lastMembers(log: string): string[] | undefined {
  // 3.5: `Members [3] {`; from 3.9 on: `Members {size:3, ver:4} [`. Each member has a line of its own.
  const lists = [...log.matchAll(/Members (?:\[\d+\] \{|\{size:\d+, ver:\d+\} \[)([\s\S]*?)\n\s*[}\]]/g)];
  const last = lists.at(-1)?.[1];
  if (last === undefined) return undefined;
  return [...last.matchAll(/Member \[([\d.]+)\]:(\d+)/g)].map(match => `${match[1]}:${match[2]}`).sort();
}
