-- Our own, in the place of the product's: agent identities. Not safe to repeat, as the real one.
CREATE TABLE AGENT_IDENTITY (
    ID INTEGER AUTO_INCREMENT NOT NULL,
    NAME VARCHAR(255),
    PRIMARY KEY (ID)
);
CREATE INDEX IDX_AGENT_NAME ON AGENT_IDENTITY (NAME);
