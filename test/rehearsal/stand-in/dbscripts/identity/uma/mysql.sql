-- Our own, in the place of the product's: user-managed access. Not safe to repeat, as the real one.
CREATE TABLE IDN_UMA_RESOURCE (
    ID INTEGER AUTO_INCREMENT NOT NULL,
    RESOURCE_ID VARCHAR(255),
    PRIMARY KEY (ID)
);
CREATE INDEX IDX_RID ON IDN_UMA_RESOURCE (RESOURCE_ID);
