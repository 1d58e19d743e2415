-- What the bot may do, once "db create" has made the tables: it changes none of them, and no entry of the audit.
USE network_assistant;
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::dbo TO netassist;
DENY UPDATE, DELETE ON dbo.assistant_audit TO netassist;
GO
