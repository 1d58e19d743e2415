-- The database and the two logins, none of them sa. Run by sa with sqlcmd, which puts in SETUP_PASSWORD and BOT_PASSWORD
-- from its environment: passwords without an apostrophe, and without $( in them.
IF DB_ID(N'network_assistant') IS NULL CREATE DATABASE network_assistant;
GO
IF SUSER_ID(N'netassist_setup') IS NULL
  CREATE LOGIN netassist_setup WITH PASSWORD = N'$(SETUP_PASSWORD)', DEFAULT_DATABASE = network_assistant;
ELSE
  ALTER LOGIN netassist_setup WITH PASSWORD = N'$(SETUP_PASSWORD)';
IF SUSER_ID(N'netassist') IS NULL
  CREATE LOGIN netassist WITH PASSWORD = N'$(BOT_PASSWORD)', DEFAULT_DATABASE = network_assistant;
ELSE
  ALTER LOGIN netassist WITH PASSWORD = N'$(BOT_PASSWORD)';
GO
USE network_assistant;
GO
IF DATABASE_PRINCIPAL_ID(N'netassist_setup') IS NULL CREATE USER netassist_setup FOR LOGIN netassist_setup;
IF DATABASE_PRINCIPAL_ID(N'netassist') IS NULL CREATE USER netassist FOR LOGIN netassist;
-- Runs "db create", and nothing else.
GRANT CREATE TABLE TO netassist_setup;
GRANT ALTER, REFERENCES, SELECT, INSERT, UPDATE ON SCHEMA::dbo TO netassist_setup;
GO
