import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
const dir = mkdtempSync(join(tmpdir(), 'boundaries-'));
after(() => rmSync(dir, { recursive: true, force: true }));

type Import = [file: string, specifier: string];

/** The imports that Biome refuses, with our configuration, in a tree of files that hold nothing else. */
function refused(imports: Import[]): Set<string> {
  copyFileSync('biome.json', join(dir, 'biome.json'));
  const files = Map.groupBy(imports, ([file]) => file);
  for (const [file, lines] of files) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), lines.map(([, specifier]) => `import '${specifier}';\n`).join(''));
  }
  const args = ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(process.execPath, [biome, ...args], { cwd: dir, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  return new Set(
    diagnostics
      .filter(({ category }) => category === 'lint/style/noRestrictedImports')
      .map(({ location: { path, start } }) => `${path} imports ${files.get(path)?.[start.line - 1]?.[1]}`),
  );
}

interface Diagnostic {
  category: string;
  location: { path: string; start: { line: number } };
}

/** Each rule of the architecture, broken: file, and the import that it must not have. */
const REFUSED: Import[] = [
  ['src/inventory.ts', 'botbuilder'],
  ['src/jobs/new.ts', 'botbuilder'],
  ['src/actions/new.ts', 'botbuilder-dialogs'],
  ['src/events/new.ts', 'botbuilder'],
  ['src/netconf/new.ts', 'botbuilder'],
  ['src/store/new.ts', 'botbuilder'],
  ['src/config/new.ts', 'botbuilder'],
  ['src/cli/new.ts', 'botbuilder'],
  ['src/events/new.ts', 'botframework-connector'],
  ['src/jobs/new.ts', 'botframework-connector/lib/auth/jwtTokenExtractor.js'],
  ['src/config/new.ts', '@azure/msal-node'],
  ['src/rate-limit.ts', 'node:net'],
  ['src/teams/token.ts', 'node:fs'],
  ['simulator/new.ts', 'botbuilder'],
  ['src/jobs/new.ts', '../main.ts'],
  ['src/bot.ts', './main.ts'],
  ['dialogs/new.ts', '../src/main.ts'],
  ['src/events/new.ts', '../cli/check.ts'],
  ['src/main.ts', './cli/start.ts'],
  ['src/main.ts', '../simulator/simulator.ts'],
  ['src/jobs/new.ts', '../../simulator/simulator.ts'],
  ['src/bot.ts', './store/sqlite.ts'],
  ['src/bot.ts', './store/sqlserver.ts'],
  ['src/events/new.ts', '../store/sqlserver.ts'],
  ['src/events/new.ts', '../store/sqlite.ts'],
  ['src/http/new.ts', '../store/sqlite.ts'],
  ['src/bot.ts', './netconf/junos.ts'],
  ['src/answers.ts', './store/sqlite.ts'],
  ['src/answers.ts', './netconf/junos.ts'],
  ['src/http/new.ts', '../bot.ts'],
  ['src/http/new.ts', '../../cards/card.ts'],
  ['src/http/new.ts', '../jobs/runner.ts'],
  ['src/teams/new.ts', '../bot.ts'],
  ['src/teams/new.ts', '../../dialogs/root-dialog.ts'],
  ['src/events/new.ts', '../teams/notifier.ts'],
  ['src/events/new.ts', '../jobs/runner.ts'],
  ['src/events/new.ts', '../../cards/card.ts'],
  ['src/actions/new.ts', '../jobs/runner.ts'],
  ['src/actions/new.ts', '../teams/notifier.ts'],
  ['src/jobs/new.ts', '../teams/progress.ts'],
  ['src/jobs/new.ts', '../../cards/action-cards.ts'],
  ['src/netconf/new.ts', '../inventory.ts'],
  ['src/store/new.ts', '../config/load.ts'],
  ['src/transfer/new.ts', 'botbuilder'],
  ['src/transfer/new.ts', '../netconf/known-hosts.ts'],
  ['src/transfer/new.ts', '../secrets/credentials.ts'],
  ['src/secrets/new.ts', '../jobs/runner.ts'],
  ['src/config/new.ts', '../events/intake.ts'],
  ['src/access.ts', 'node:fs'],
  ['src/audit.ts', 'node:sqlite'],
  ['src/netconf/new.ts', '../audit.ts'],
  ['src/intent/new.ts', 'node:fs/promises'],
  ['src/intent/new.ts', '../config/load.ts'],
  ['src/events/next-card.ts', '../log.ts'],
  ['src/events/verify.ts', 'node:http'],
  ['src/netconf/framing.ts', 'ssh2'],
  ['src/netconf/xml.ts', './session.ts'],
  ['dialogs/new.ts', 'node:fs'],
  ['dialogs/new.ts', '../src/netconf/junos.ts'],
  ['dialogs/new.ts', '../src/jobs/runner.ts'],
  ['dialogs/new.ts', '../src/teams/notifier.ts'],
  ['cards/new.ts', '../src/jobs/runner.ts'],
  ['cards/new.ts', '../src/teams/notifier.ts'],
  ['cards/new.ts', '../dialogs/root-dialog.ts'],
  ['simulator/new.ts', '../src/netconf/session.ts'],
];

/** And what must stay possible, so that a rule that refuses everything is noticed too. */
const ALLOWED: Import[] = [
  ['src/bot.ts', 'botbuilder'],
  ['src/answers.ts', 'botbuilder'],
  ['dialogs/new.ts', 'botbuilder-dialogs'],
  ['cards/new.ts', 'botbuilder'],
  ['src/teams/new.ts', 'botbuilder'],
  ['src/main.ts', './store/sqlite.ts'],
  ['src/cli/new.ts', '../../simulator/simulator.ts'],
  ['src/jobs/new.ts', '../netconf/session.ts'],
  ['src/actions/new.ts', '../netconf/junos.ts'],
  ['src/netconf/new.ts', '../errors.ts'],
  ['src/transfer/new.ts', '../errors.ts'],
  ['src/events/new.ts', '../store/store.ts'],
  ['src/store/new.ts', '../audit.ts'],
  ['simulator/new.ts', '../src/netconf/xml.ts'],
];

test('every boundary between the parts is enforced, and nothing else is', () => {
  const found = refused([...REFUSED, ...ALLOWED]);
  const expected = REFUSED.map(([file, specifier]) => `${file} imports ${specifier}`);
  assert.deepEqual([...found].sort(), expected.sort());
});
