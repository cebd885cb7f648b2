export type DriverMaker = 'mysql' | 'mariadb';

/** `mysql-connector-java-5.1.49-bin.jar`, `mysql-connector-j-8.4.0.jar`, `mariadb-java-client-2.7.12.jar` */
const NAME = /^(mysql-connector-java|mysql-connector-j|mariadb-java-client)-(\d+)\.(\d+)(?:\.(\d+))?(?:[.-].*)?\.jar$/;
const WORKING = 'mysql-connector-java 5.1.49, mysql-connector-j 8.0 or later, or mariadb-java-client 2.7';

/** Who made the driver. @throws if the name does not say, or its version does not log in */
export function driverMaker(fileName: string): DriverMaker {
  if (!NAME.test(fileName)) {
    throw new Error(`jdbcDriver: '${fileName}' is no name of a MySQL driver, name the file as its makers do and give one of ${WORKING}`);
  }
  checkDriverName(fileName);
  return fileName.startsWith('mariadb') ? 'mariadb' : 'mysql';
}

/** @throws if the name tells a version that does not log in to MySQL over TLS 1.2 from a jdbc:mysql: URL */
export function checkDriverName(fileName: string): void {
  const match = NAME.exec(fileName);
  if (!match) return;
  const [, artifact, ...numbers] = match;
  const [major, minor, patch] = numbers.map(each => Number(each ?? 0));
  const works = artifact.startsWith('mariadb') ? major === 2 && minor === 7 : major >= 8 || (major === 5 && minor === 1 && patch >= 46);
  if (works) return;
  throw new Error(`jdbcDriver: '${fileName}' does not log in to MySQL 8 over TLS from Carbon's jdbc:mysql: URLs, give one of ${WORKING}`);
}
