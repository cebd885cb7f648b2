-- Consent management of a stand-in: a table with the name of a real one, for MySQL.

CREATE TABLE CM_PII_CATEGORY (
    ID INTEGER AUTO_INCREMENT,
    NAME VARCHAR(255) NOT NULL,
    TENANT_ID INTEGER DEFAULT -1234,
    PRIMARY KEY (ID),
    UNIQUE (NAME, TENANT_ID)
) ENGINE INNODB;
