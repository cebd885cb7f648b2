/**
 * A member that could ask none of the listed addresses within this time founds a cluster of its own (TcpIpJoiner of Hazelcast). Hazelcast's
 * default of 5 seconds is too short for a machine that is busy with the start of its server: with it, members of 3.5.4 founded clusters of their own.
 */
const DEFAULT_SECONDS = 60;
export const SHORTEST_SECONDS = 30;

/** The value of `connTimeout` in the kernel's configuration. @throws if it is too short for a server to find the others */
export function connectionTimeout(seconds = DEFAULT_SECONDS): string {
  if (Number.isInteger(seconds) && seconds >= SHORTEST_SECONDS) return String(seconds);
  throw new Error(`connTimeout must be an integer of at least ${SHORTEST_SECONDS}, got ${seconds}: `
    + 'a server that reaches no other member in so many seconds founds a cluster of its own');
}
