/** Privileges of MySQL on one database, beyond reading and writing rows. */
export enum DatabasePrivilege {
  /** Change tables. */
  ALTER = 'ALTER',
  /** Change or drop stored routines. */
  ALTER_ROUTINE = 'ALTER ROUTINE',
  /** Make tables. */
  CREATE = 'CREATE',
  /** Make stored routines. */
  CREATE_ROUTINE = 'CREATE ROUTINE',
  /** Make tables that only the connection sees. */
  CREATE_TEMPORARY_TABLES = 'CREATE TEMPORARY TABLES',
  /** Make views. */
  CREATE_VIEW = 'CREATE VIEW',
  /** Drop tables and views. */
  DROP = 'DROP',
  /** Make events of the server's scheduler. */
  EVENT = 'EVENT',
  /** Run stored routines. */
  EXECUTE = 'EXECUTE',
  /** Make and drop indexes. */
  INDEX = 'INDEX',
  /** Lock tables that it may read. */
  LOCK_TABLES = 'LOCK TABLES',
  /** Make foreign keys. */
  REFERENCES = 'REFERENCES',
  /** See how a view is made. */
  SHOW_VIEW = 'SHOW VIEW',
  /** Make triggers. */
  TRIGGER = 'TRIGGER',
}
