import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { Assistant } from '../fakes/assistant.ts';
import { requireProgram } from '../fakes/requires.ts';

interface Rule {
  alert: string;
  expr: string;
  annotations: { runbook: string };
}
interface Target {
  refId: string;
  expr: string;
  datasource: { type: string; uid: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: Target[];
}
interface Dashboard {
  schemaVersion: number;
  uid: string;
  templating: { list: { name: string; type: string; query: unknown }[] };
  panels: Panel[];
}

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => readFile(file(path), 'utf8');
const rules = (load(await read('ops/prometheus-rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(await read('ops/grafana-dashboard.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Names of metrics in a query: ours, and the common ones of processes. */
const namesIn = (expr: string) => expr.match(/\b(?:assistant|process|nodejs)_[a-z0-9_]+\b/g) ?? [];
/** A histogram shows itself under three names. */
const plain = (name: string, kinds: ReadonlyMap<string, string>) => {
  const base = name.replace(/_(?:bucket|sum|count)$/, '');
  return kinds.get(base) === 'histogram' ? base : name;
};

describe('the metrics of a running bot', () => {
  let text: string;
  let kinds: Map<string, string>;
  before(async () => {
    const assistant = await Assistant.start();
    text = await (await fetch(`${assistant.url}/metrics`)).text();
    kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [name, kind]));
    await assistant.close();
  });

  it('each has its meaning, and a name as Prometheus wants it', () => {
    assert.ok(kinds.size > 30);
    for (const [name, kind] of kinds) {
      assert.match(text, new RegExp(`^# HELP ${name} \\S.{10,}$`, 'm'));
      assert.equal(/_total$/.test(name), kind === 'counter', name);
      if (kind === 'histogram') assert.match(name, /_seconds$/);
      assert.ok(!/_(?:ms|milliseconds|minutes|kb|mb)$/.test(name), name);
    }
  });

  it('the table in docs/metrics.md has every one of them, with its labels, and no other', async () => {
    const rows = (await read('docs/metrics.md')).matchAll(
      /^\| `((?:assistant|process|nodejs)_[a-z0-9_]+)` \| ?(.*?) ?\| \S.*\|$/gm,
    );
    const documented = new Map([...rows].map(([, name = '', labels = '']) => [name, labels]));
    assert.deepEqual([...documented.keys()].sort(), [...kinds.keys()].sort());
    for (const [, name = '', labels = ''] of text.matchAll(/^([a-z0-9_]+)\{(.*)\} /gm)) {
      const told = documented.get(plain(name, kinds)) ?? '';
      for (const [, label = ''] of labels.matchAll(/([a-z]+)="/g))
        if (label !== 'le') assert.ok(told.includes(`\`${label}\``), `${label} of ${name}`);
    }
  });

  it('every alert and every panel asks for some that are there', () => {
    const asked = [...rules.map(({ expr }) => expr), ...queries];
    for (const expr of asked) {
      assert.ok(namesIn(expr).length > 0 || /\bup\{/.test(expr), expr);
      for (const name of namesIn(expr)) assert.ok(kinds.has(plain(name, kinds)), `${name} in ${expr}`);
    }
  });
});

describe('the alert rules', () => {
  it('each is explained in docs/alerts.md, where it says so', async () => {
    const titles = [...(await read('docs/alerts.md')).matchAll(/^### (\S+)$/gm)].map(([, title]) => title);
    assert.deepEqual(
      titles,
      rules.map(({ alert }) => alert),
    );
    for (const { alert, annotations } of rules)
      assert.equal(annotations.runbook, `docs/alerts.md#${alert.toLowerCase()}`);
  });

  it('each has a test in which it fires, and one in which it does not', async () => {
    const { tests } = load(await read('ops/prometheus-rules.test.yml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const cases = tests.flatMap((each) => each.alert_rule_test);
    for (const { alert } of rules) {
      const own = cases.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0);
      assert.deepEqual(new Set(own), new Set([true, false]), alert);
    }
  });
});

describe('the dashboard', () => {
  it('is one for Grafana 10, with its data source to be chosen', () => {
    assert.ok(dashboard.schemaVersion >= 38);
    assert.match(dashboard.uid, /^[a-z-]{1,40}$/);
    assert.equal(dashboard.templating.list[0]?.type, 'datasource');
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { title, type, datasource, targets = [] } of panels) {
      assert.ok(['stat', 'timeseries'].includes(type), title);
      assert.equal(datasource?.uid, `$${'{datasource}'}`, title);
      assert.ok(targets.length > 0, title);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      for (const target of targets) assert.deepEqual(target.datasource, { type: 'prometheus', uid: datasource?.uid });
    }
  });

  it('no panel lies on another, none beside the grid', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      assert.ok(x >= 0 && x + w <= 24, title);
      for (let i = x; i < x + w; i += 1)
        for (let j = y; j < y + h; j += 1) {
          assert.ok(!taken.has(`${i} ${j}`), title);
          taken.add(`${i} ${j}`);
        }
    }
  });

  it('every metric is on it or in a rule', async () => {
    const used = new Set([...rules.map(({ expr }) => expr), ...queries].flatMap(namesIn));
    const table = (await read('docs/metrics.md')).matchAll(/^\| `((?:assistant|process|nodejs)_[a-z0-9_]+)` \|/gm);
    const unused = [...table]
      .map(([, name = '']) => name)
      .filter((name) => ![name, `${name}_bucket`, `${name}_count`].some((each) => used.has(each)));
    assert.deepEqual(unused, []);
  });
});

const found = requireProgram(['promtool'], 'prometheus');
const promtool = 'path' in found ? found.path : '';
describe('as Prometheus reads them', 'skip' in found ? { skip: found.skip } : {}, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  });
  after(() => rm(folder, { recursive: true }));
  const run = async (...args: string[]) =>
    await promisify(execFile)(promtool, args).then(
      () => '',
      ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`,
    );

  it('the rules are rules', async () => {
    assert.equal(await run('check', 'rules', file('ops/prometheus-rules.yml')), '');
  });

  it('the rules fire when they should, and only then', async () => {
    assert.equal(await run('test', 'rules', file('ops/prometheus-rules.test.yml')), '');
  });

  it("the dashboard's queries are queries", async () => {
    const asked = queries.map((expr, n) => ({
      record: `query:n${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    const rulesOf = join(folder, 'queries.json');
    await writeFile(rulesOf, JSON.stringify({ groups: [{ name: 'queries', rules: asked }] }));
    assert.equal(await run('check', 'rules', rulesOf), '');
    const broken = { groups: [{ name: 'queries', rules: [{ record: 'a', expr: 'sum by (' }] }] };
    await writeFile(rulesOf, JSON.stringify(broken));
    assert.match(await run('check', 'rules', rulesOf), /could not parse expression/);
  });

  it('the exposition is one, without a complaint', async () => {
    const assistant = await Assistant.start();
    const text = await (await fetch(`${assistant.url}/metrics`)).text();
    await assistant.close();
    const child = execFile(promtool, ['check', 'metrics']);
    let said = '';
    child.stdout?.on('data', (part: string) => {
      said += part;
    });
    child.stderr?.on('data', (part: string) => {
      said += part;
    });
    const exited = new Promise((resolve) => child.once('close', resolve));
    child.stdin?.end(text);
    assert.equal(await exited, 0, said);
  });
});
