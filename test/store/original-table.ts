/** The table as the original's own script makes it, with one row of its. */
export const originalTable = (table: string): string[] => [
  `CREATE TABLE ${table} (id int IDENTITY(1,1), device text, event text, description text, logdate date, logtime time,
     source text, message text)`,
  `INSERT INTO ${table} (device, event, description, logdate, logtime, source, message)
     VALUES ('hq-fw01', 'UI_COMMIT', 'User ''o''''hara'' committed', '2021-01-20', '10:11:12', '192.0.2.1', '1611111111111')`,
];
