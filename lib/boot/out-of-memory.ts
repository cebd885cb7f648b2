/** A link on the node to the unpacked pack (boot/programs/boot.py). */
const PRODUCT = '/opt/wso2/carbon';

/**
 * A server that is out of memory ends, and systemd starts it anew; before that it writes one heap dump. Java never overwrites a dump, so that there
 * is one file, which the node removes after `nodeLogRetention` or when the volume has little room (boot/programs/node_cleaning.py). WSO2's start
 * scripts name the same file in front of JAVA_OPTS; here it is named for those that do not.
 *
 * @param versions of Java that the node may run
 * @param home where the Carbon home is below the product's folder, if it is
 */
export function outOfMemoryOptions(versions: readonly number[], home?: string): string[] {
  const carbonHome = home ? `${PRODUCT}/${home}` : PRODUCT;
  const dump = ['-XX:+HeapDumpOnOutOfMemoryError', `-XX:HeapDumpPath=${carbonHome}/repository/logs/heap-dump.hprof`];
  // Java 8u92 is the first with the option (its release notes); a Java that does not know an option does not start. There a command takes its
  // place, whose white space the shell makes that runs it: the start script would split the option at any that is in it.
  const knowsExit = Math.min(...versions) >= 8;
  return [...dump, knowsExit ? '-XX:+ExitOnOutOfMemoryError' : '-XX:OnOutOfMemoryError=kill${IFS}-9${IFS}%p'];
}
